#!/bin/sh
# What make dist leaves in a folder: what the Debian packages say of themselves, whom their files
# belong to, that lintian finds nothing but what is stated, and that vmir-run of this machine installs
# and runs in a system without anything else, which takes root; that the image's program runs in its
# image, and the converter on a system that has the C library alone; the sums, and a signature.
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
  name=$(dpkg-deb --field "$package" Package)
  depends=$(dpkg-deb --field "$package" Depends)
  case $name in
    vmir-run) [ -z "$depends" ] || fail "depends on other packages" ;;
    libvmir-dev) files="usr/include/vmir.h usr/lib/[^/]*/libvmir.a usr/lib/[^/]*/pkgconfig/vmir.pc" ;;
    libvmir[0-9]*) files="usr/lib/[^/]*/libvmir\.so\.[0-9]*" ;;
    *) fail "is none of ours" ;;
  esac
  contents=$(dpkg-deb --contents "$package")
  echo "$contents" | grep -v "^.......... *root/root " && fail "has files of others"
  echo "$contents" | grep -v "^l" | grep "^.....w\|^........w" && fail "has files for all to write"
  [ "$name" != vmir-run ] || files="usr/bin/vmir-run usr/share/man/man1/vmir-run.1.gz"
  doc=usr/share/doc/$name
  for file in $files "$doc/copyright" "$doc/changelog.gz" "$doc/sbom.cdx.json"; do
    echo "$contents" | grep -q " \./$file\( -> .*\)\?\$" || fail "lacks $file"
  done
  if command -v lintian >/dev/null; then
    found=$(lintian --allow-root --fail-on none --tag-display-limit 0 "$package" 2>&1 |
      grep '^[EW]: ')
    [ -z "$found" ] || fail "lintian: $found"
  fi

  folder=$(mktemp -d) || exit 70
  dpkg-deb --raw-extract "$package" "$folder/x"
  (cd "$folder/x" && md5sum --quiet --check DEBIAN/md5sums) || fail "has wrong checksums"
  architecture=$(dpkg-deb --field "$package" Architecture)
  if [ "$name" = vmir-run ] && [ "$architecture" = "$(dpkg --print-architecture)" ]; then
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
# empty_root FOLDER COMMAND...: runs it where nothing else is.
empty_root() {
  chroot=$(command -v chroot)
  if [ "$(id -u)" -eq 0 ]; then
    env -i "$chroot" "$@"
  else
    env -i "$(command -v unshare)" -r "$chroot" "$@"
  fi
}

work=$(mktemp -d) || exit 70
machine=$(uname -m)
package=$1/image
if [ ! -d "$1/image" ]; then
  fail "is missing"
elif [ "$(id -u)" -ne 0 ] && ! unshare -r true 2>/dev/null; then
  echo "note: no right to change the root folder; image and converter are not tried in empty ones"
else
  cp -R "$1/image/$(dpkg --print-architecture)" "$work/image"
  empty_root "$work/image" /vmir-run --self-test >"$work/log" || fail "vmir-run does not pass its self-test"
  [ -s "$work/image/licences/vmir.txt" ] || fail "has no licence"

  package=vmir-convert
  for archive in "$1"/vmir-convert-*-"$machine".tar.gz; do
    mkdir -p "$work/bare"
    tar -xzf "$archive" -C "$work/bare" --strip-components 1 || fail "can't be unpacked"
    for file in $(ldd "$work/bare/vmir-convert" | grep -o '/[^ ]*'); do
      mkdir -p "$work/bare/$(dirname "$file")"
      cp -L "$file" "$work/bare/$file"
    done
    cp "$(dirname "$0")"/../Models/sr4-tiny/sr4-tiny.pth "$work/bare/a.pth"
    empty_root "$work/bare" /vmir-convert a.pth -o a.vmir >"$work/log" 2>&1 && [ -s "$work/bare/a.vmir" ] ||
      { fail "does not convert where the C library is alone"; cat "$work/log"; }
  done
fi
rm -rf "$work"
package=$1
command -v lintian >/dev/null || echo "note: lintian is missing, and is not asked"
(cd "$1" && sha256sum --quiet --check SHA256SUMS) || fail "has wrong sums"
if [ -e "$1/SHA256SUMS.asc" ]; then
  gpg --batch --quiet --verify "$1/SHA256SUMS.asc" "$1/SHA256SUMS" || fail "has a wrong signature"
fi
[ "$count" -gt 0 ] || { echo "FAIL $1: no packages" && status=1; }
echo "$count packages looked at"
exit $status
