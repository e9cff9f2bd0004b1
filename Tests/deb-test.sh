#!/bin/sh
# The Debian packages that make dist leaves in a folder: what they say of themselves, whom their
# files belong to, and that the one for this machine installs and runs in a system without anything
# else, which takes root.
#
# deb-test.sh FOLDER
set -u

if [ $# -ne 1 ]; then
  echo "usage: deb-test.sh FOLDER" >&2
  exit 64
fi
status=0
count=0

fail() {
  echo "FAIL $package: $1"
  status=1
}

for package in "$1"/*.deb; do
  count=$((count + 1))
  for field in Package Version Architecture Maintainer Installed-Size Section Priority Description; do
    [ -n "$(dpkg-deb --field "$package" "$field")" ] || fail "has no $field"
  done
  case $(dpkg-deb --field "$package" Maintainer) in
    *@localhost*) fail "has a maintainer whom no mail reaches" ;;
    *" <"*@*.*">") ;;
    *) fail "has a maintainer without a name and an address" ;;
  esac
  [ -z "$(dpkg-deb --field "$package" Depends)" ] || fail "depends on other packages"
  contents=$(dpkg-deb --contents "$package")
  echo "$contents" | grep -v "^.......... *root/root " && fail "has files of others"
  echo "$contents" | grep "^.....w\|^........w" && fail "has files for all to write"
  for file in usr/bin/vmir-run usr/share/doc/vmir-run/copyright usr/share/doc/vmir-run/changelog.gz; do
    echo "$contents" | grep -q " \./$file\$" || fail "lacks $file"
  done

  folder=$(mktemp -d) || exit 70
  dpkg-deb --raw-extract "$package" "$folder/x"
  (cd "$folder/x" && md5sum --quiet --check DEBIAN/md5sums) || fail "has wrong checksums"
  if [ "$(dpkg-deb --field "$package" Architecture)" = "$(dpkg --print-architecture)" ]; then
    if [ "$(id -u)" -eq 0 ]; then
      root=$folder/root
      mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/tmp"
      touch "$root/var/lib/dpkg/status" "$root/var/lib/dpkg/available"
      dpkg --root="$root" --log=/dev/null --install "$package" >"$folder/log" 2>&1 ||
        { fail "does not install"; cat "$folder/log"; }
      chroot "$root" /usr/bin/vmir-run --version || fail "does not run where it was installed"
      dpkg --root="$root" --log=/dev/null --remove vmir-run >"$folder/log" 2>&1 ||
        fail "can't be removed"
      [ ! -e "$root/usr/bin/vmir-run" ] || fail "is still there after it was removed"
    else
      echo "note: not root; $package is not installed"
    fi
  fi
  rm -rf "$folder"
done
[ "$count" -gt 0 ] || { echo "FAIL $1: no packages" && status=1; }
echo "$count packages looked at"
exit $status
