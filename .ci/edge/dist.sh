#!/bin/sh
# Packs the edge builds: for each architecture vmir-run as a tarball and a .deb, libvmir as a runtime
# and a development .deb, the SHA-256 sums of all, and their signature. The same binaries give the
# same files. Each package tells what it is made of (sbom.cdx.json).
#
# dist.sh OUT_FOLDER X86_64_BUILD AARCH64_BUILD
#   X86_64_BUILD   has vmir-run and library, as make edge and make library leave them
#   AARCH64_BUILD  has vmir-run, library, and libraries
#
# DEBFULLNAME and DEBEMAIL, as Debian's own tools read them, say who maintains the packages; without
# them it is the project, at the address of the last commit. With SIGNING_KEY, a key of GnuPG, the sums
# are signed: SHA256SUMS.asc.
set -eu

if [ $# -ne 3 ]; then
  echo "usage: dist.sh OUT_FOLDER X86_64_BUILD AARCH64_BUILD" >&2
  exit 64
fi
out=$1
repository=$(cd "$(dirname "$0")/../.." && pwd)
packages=$repository/.ci/packages
version=$(sed -n 's/^public let vmirVersion = "\(.*\)"/\1/p' \
  "$repository/Sources/VMIRCore/Version.swift")
abi=$(sed -n 's/^#define VMIR_ABI_VERSION \(.*\)/\1/p' "$repository/Sources/VMIRC/include/vmir.h")
# The time of the last commit stands for that of every file.
SOURCE_DATE_EPOCH=$(git -C "$repository" log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH
email=${DEBEMAIL:-$(git -C "$repository" log -1 --format=%ce 2>/dev/null || echo vmir@example.org)}
maintainer="${DEBFULLNAME:-vmir maintainers} <$email>"
swift_license=$(dirname "$(readlink -f "$(command -v swiftc)")")/../share/swift/LICENSE.txt
gcc_docs=/usr/share/doc/libgcc-$(gcc -dumpversion | cut -d. -f1)-dev
mkdir -p "$out"
rm -f "$out"/vmir-run[-_]* "$out"/libvmir*.deb "$out"/SHA256SUMS*
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Debian's packages whose static libraries are inside.
program_packages="libpng-dev libjpeg62-turbo-dev zlib1g-dev libzstd-dev libc6-dev libgcc-12-dev"
library_packages="libzstd-dev"

# texts DOCS PACKAGE...: the licences of what is inside, by name.
texts() {
  docs=$1
  shift
  echo "vmir $repository/LICENSE"
  echo "swift-standard-library $swift_license"
  for package; do
    case $package in
      libgcc-*) echo "libgcc $gcc_docs/copyright" ;;
      *) echo "${package%-dev} $docs/$package/copyright" ;;
    esac
  done
}

# bill NAME DEBIAN_NAME VERSIONS PACKAGE...: the bill of materials, to stdout.
bill() {
  product=$1 debian=$2 versions=$3
  shift 3
  "$packages/sbom.py" "$product" "$version" "$debian" ${versions:+--versions "$versions"} "$@"
}

# copyright DOCS PACKAGE...: one text of all licences.
copyright() {
  echo "vmir is under the licence that comes first; the licences of what is linked into it follow."
  texts "$@" | while read -r name file; do
    printf '\n\n======== %s ========\n\n' "$name"
    cat "$file"
  done
}

# deb FOLDER PACKAGE DEBIAN_NAME SECTION TITLE FIELD...: packs what is in FOLDER.
deb() {
  deb=$1 package=$2 debian=$3 section=$4 title=$5
  shift 5
  mkdir -p "$deb/DEBIAN" "$deb/usr/share/doc/$package" "$deb/usr/share/lintian/overrides"
  # The licences of what is inside are whole in the package, on systems without Debian's copies too.
  echo "$package: copyright-file-contains-full-apache-2-license" \
    >>"$deb/usr/share/lintian/overrides/$package"
  {
    echo "$package ($version) unstable; urgency=medium"
    echo
    echo "  * Version $version."
    echo
    echo " -- $maintainer  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
  } | gzip -n9 >"$deb/usr/share/doc/$package/changelog.gz"
  chmod -R u=rwX,go=rX "$deb"
  (cd "$deb" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$deb/DEBIAN/md5sums"
  {
    echo "Package: $package"
    echo "Version: $version"
    echo "Architecture: $debian"
    echo "Maintainer: $maintainer"
    echo "Installed-Size: $(du -k -s --apparent-size "$deb/usr" | cut -f 1)"
    for field; do echo "$field"; done
    echo "Section: $section"
    echo "Priority: optional"
    echo "Description: $title"
    cat "$work/description"
  } >"$deb/DEBIAN/control"
  find "$deb" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --build "$deb" "$out/${package}_${version}_$debian.deb" >/dev/null
}

# pack_program MACHINE DEBIAN_NAME BUILD DOCS VERSIONS
pack_program() {
  name=vmir-run-$version-linux-$1
  folder=$work/$name
  mkdir -p "$folder/licences"
  install -m 755 "$3/vmir-run" "$folder/vmir-run"
  # shellcheck disable=SC2086
  texts "$4" $program_packages | while read -r text file; do
    cp "$file" "$folder/licences/$text.txt"
  done
  # shellcheck disable=SC2086
  bill vmir-run "$2" "$5" $program_packages >"$folder/sbom.cdx.json"
  tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --mode=go=rX,u+w --directory "$work" "$name" | gzip -n9 >"$out/$name.tar.gz"

  root=$work/deb-$2
  doc=$root/usr/share/doc/vmir-run
  mkdir -p "$root/usr/bin" "$doc" "$root/usr/share/lintian/overrides" "$root/usr/share/man/man1" \
    "$root/usr/share/bash-completion/completions" "$root/usr/share/zsh/vendor-completions" \
    "$root/usr/share/fish/vendor_completions.d"
  install -m 755 "$3/vmir-run" "$root/usr/bin/vmir-run"
  cp "$folder/sbom.cdx.json" "$doc"
  # shellcheck disable=SC2086
  copyright "$4" $program_packages >"$doc/copyright"
  # It needs nothing of the system that it runs on; that is what it is for.
  for tag in statically-linked-binary shared-library-lacks-prerequisites embedded-library; do
    echo "vmir-run: $tag *"
  done >"$root/usr/share/lintian/overrides/vmir-run"
  gzip -n9 <"$work/share/man/man1/vmir-run.1" >"$root/usr/share/man/man1/vmir-run.1.gz"
  cp "$work/share/bash-completion/completions/vmir-run" "$root/usr/share/bash-completion/completions"
  cp "$work/share/zsh/site-functions/_vmir-run" "$root/usr/share/zsh/vendor-completions"
  cp "$work/share/fish/vendor_completions.d/vmir-run.fish" "$root/usr/share/fish/vendor_completions.d"
  cat >"$work/description" <<'END'
 A static program that runs image-restoration networks (super-resolution,
 denoising, deblurring, deraining) on plain processors, converted to one small
 file beforehand by vmir-convert.
END
  deb "$root" vmir-run "$2" graphics "restores pictures with converted networks"
}

# pack_library MACHINE DEBIAN_NAME BUILD DOCS VERSIONS
pack_library() {
  multiarch=$1-linux-gnu
  whole=$work/library-$2 runtime=$work/runtime-$2 development=$work/development-$2
  LIBDIR=lib/$multiarch "$packages/install.sh" library "$whole" /usr "$3/library"
  mkdir -p "$runtime/usr/lib/$multiarch" "$runtime/DEBIAN"
  mv "$whole/usr/lib/$multiarch"/libvmir.so.* "$runtime/usr/lib/$multiarch"
  mv "$whole" "$development"
  for folder in "$runtime/usr/share/doc/libvmir$abi" "$development/usr/share/doc/libvmir-dev"; do
    mkdir -p "$folder"
    # shellcheck disable=SC2086
    copyright "$4" $library_packages >"$folder/copyright"
    # shellcheck disable=SC2086
    bill libvmir "$2" "$5" $library_packages >"$folder/sbom.cdx.json"
  done
  # The newest of glibc's versions whose functions it calls.
  glibc=$(readelf -W --dyn-syms "$runtime/usr/lib/$multiarch/libvmir.so.$version" |
    sed -n 's/.*@GLIBC_\([0-9.]*\).*/\1/p' | sort -V | tail -1)
  echo "libvmir $abi libvmir$abi (>= $version)" >"$runtime/DEBIAN/shlibs"
  echo "activate-noawait ldconfig" >"$runtime/DEBIAN/triggers"
  cat >"$work/description" <<'END'
 Runs image-restoration networks on plain processors: open a converted model,
 estimate a run's memory, restore buffers of any strides, with progress and
 cancellation. This package has the shared library.
END
  deb "$runtime" "libvmir$abi" "$2" libs "restores pictures with converted networks (library)" \
    "Multi-Arch: same" "Depends: libc6 (>= $glibc)"
  cat >"$work/description" <<'END'
 Runs image-restoration networks on plain processors: open a converted model,
 estimate a run's memory, restore buffers of any strides, with progress and
 cancellation. This package has what programs are built with: the header, the
 static library, and files for pkg-config and CMake.
END
  deb "$development" libvmir-dev "$2" libdevel \
    "restores pictures with converted networks (development files)" \
    "Multi-Arch: same" "Depends: libvmir$abi (= $version)"
}

"$packages/manual.py" "$2" "$work/share" vmir-run
pack_program x86_64 amd64 "$2" /usr/share/doc ''
pack_program aarch64 arm64 "$3" "$3/libraries/root/usr/share/doc" "$3/libraries/versions"
pack_library x86_64 amd64 "$2" /usr/share/doc ''
pack_library aarch64 arm64 "$3" "$3/libraries/root/usr/share/doc" "$3/libraries/versions"
cp "$work/vmir-run-$version-linux-x86_64/sbom.cdx.json" "$out/vmir-run-x86_64.cdx.json"
cp "$work/vmir-run-$version-linux-aarch64/sbom.cdx.json" "$out/vmir-run-aarch64.cdx.json"
# The image: each program with its licences, and nothing else.
rm -rf "$out/image"
for pair in x86_64:amd64 aarch64:arm64; do
  mkdir -p "$out/image"
  cp -R "$work/vmir-run-$version-linux-${pair%:*}" "$out/image/${pair#*:}"
done
cp "$packages/Dockerfile" "$out/image"
cd "$out"
sha256sum vmir-*.tar.gz ./*.deb ./*.whl | sed 's|\./||' >SHA256SUMS
cat SHA256SUMS
if [ -n "${SIGNING_KEY:-}" ]; then
  gpg --batch --yes --armor --local-user "$SIGNING_KEY" --output SHA256SUMS.asc \
    --detach-sign SHA256SUMS
  gpg --batch --verify SHA256SUMS.asc SHA256SUMS
else
  echo "note: SHA256SUMS is not signed; SIGNING_KEY=KEY signs it" >&2
fi
