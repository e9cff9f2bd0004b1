#!/bin/sh
# Packs the edge builds: for each architecture a tarball and a .deb, and the SHA-256 sums of all.
# The same binaries give the same files.
#
# dist.sh OUT_FOLDER ARM64_LIBRARIES X86_64_VMIR_RUN AARCH64_VMIR_RUN
#
# DEBFULLNAME and DEBEMAIL, as Debian's own tools read them, say who maintains the packages; without
# them it is the project, at the address of the last commit.
set -eu

if [ $# -ne 4 ]; then
  echo "usage: dist.sh OUT_FOLDER ARM64_LIBRARIES X86_64_VMIR_RUN AARCH64_VMIR_RUN" >&2
  exit 64
fi
out=$1 arm_docs=$2/root/usr/share/doc
repository=$(cd "$(dirname "$0")/../.." && pwd)
version=$(sed -n 's/^public let vmirVersion = "\(.*\)"/\1/p' \
  "$repository/Sources/VMIRCore/Version.swift")
# The time of the last commit stands for that of every file.
SOURCE_DATE_EPOCH=$(git -C "$repository" log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH
email=${DEBEMAIL:-$(git -C "$repository" log -1 --format=%ce 2>/dev/null || echo vmir@example.org)}
maintainer="${DEBFULLNAME:-vmir maintainers} <$email>"
swift_license=$(dirname "$(readlink -f "$(command -v swiftc)")")/../share/swift/LICENSE.txt
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# licences FOLDER DOCS LIBC GCC: the texts of what is linked into a binary.
licences() {
  mkdir -p "$1"
  cp "$repository/LICENSE" "$1/vmir.txt"
  cp "$swift_license" "$1/swift-standard-library.txt"
  cp "$2/libpng-dev/copyright" "$1/libpng.txt"
  cp "$2/zlib1g-dev/copyright" "$1/zlib.txt"
  cp "$2/libzstd-dev/copyright" "$1/zstd.txt"
  cp "/usr/share/doc/$3/copyright" "$1/glibc.txt"
  cp "/usr/share/doc/$4/copyright" "$1/libgcc.txt"
}

# pack MACHINE DEBIAN_NAME BINARY DOCS LIBC GCC
pack() {
  name=vmir-run-$version-linux-$1
  folder=$work/$name
  mkdir -p "$folder"
  install -m 755 "$3" "$folder/vmir-run"
  licences "$folder/licences" "$4" "$5" "$6"
  tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --mode=go=rX,u+w --directory "$work" "$name" | gzip -n9 >"$out/$name.tar.gz"

  deb=$work/deb-$2
  mkdir -p "$deb/DEBIAN" "$deb/usr/bin" "$deb/usr/share/doc/vmir-run"
  install -m 755 "$3" "$deb/usr/bin/vmir-run"
  licences "$deb/usr/share/doc/vmir-run/licences" "$4" "$5" "$6"
  cp "$repository/LICENSE" "$deb/usr/share/doc/vmir-run/copyright"
  {
    echo "vmir-run ($version) unstable; urgency=medium"
    echo
    echo "  * Version $version."
    echo
    echo " -- $maintainer  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
  } | gzip -n9 >"$deb/usr/share/doc/vmir-run/changelog.gz"
  (cd "$deb" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$deb/DEBIAN/md5sums"
  chmod -R u=rwX,go=rX "$deb"
  size=$(du -k -s --apparent-size "$deb/usr" | cut -f 1)
  cat >"$deb/DEBIAN/control" <<END
Package: vmir-run
Version: $version
Architecture: $2
Maintainer: $maintainer
Installed-Size: $size
Section: graphics
Priority: optional
Description: restores pictures with converted VmambaIR networks
 A static program that runs visual state-space image-restoration networks on plain
 processors, converted to one small file beforehand.
END
  find "$deb" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --build "$deb" "$out/vmir-run_${version}_$2.deb" >/dev/null
}

pack x86_64 amd64 "$3" /usr/share/doc libc6-dev \
  "libgcc-$(gcc -dumpversion | cut -d. -f1)-dev"
pack aarch64 arm64 "$4" "$arm_docs" libc6-dev-arm64-cross \
  "libgcc-$(aarch64-linux-gnu-gcc -dumpversion | cut -d. -f1)-dev-arm64-cross"
cd "$out"
sha256sum vmir-run*.tar.gz vmir-run*.deb >SHA256SUMS
cat SHA256SUMS
