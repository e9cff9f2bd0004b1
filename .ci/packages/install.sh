#!/bin/sh
# Installs or removes the tools, libvmir, manual pages and completions.
#
# install.sh install DESTDIR PREFIX TOOLS_BUILD LIBRARY_FOLDER
# install.sh library DESTDIR PREFIX LIBRARY_FOLDER    libvmir alone
# install.sh uninstall DESTDIR PREFIX
#
# LIBDIR is the folder of libraries below PREFIX (lib), as lib/aarch64-linux-gnu.
set -eu

action=${1:-} destination=${2:-} prefix=${3:-}
root=$destination$prefix
lib=${LIBDIR:-lib}
tools="vmir-convert vmir-run vmir-validate vmir-inspect vmir-bench"
repository=$(cd "$(dirname "$0")/../.." && pwd)
case $action:$# in
  install:5) tools_build=$4 library=$5 ;;
  library:4) tools_build='' library=$4 ;;
  uninstall:3) ;;
  *)
    echo "usage: install.sh install|library|uninstall DESTDIR PREFIX [[TOOLS_BUILD] LIBRARY_FOLDER]" >&2
    exit 64
    ;;
esac
if [ "$action" = uninstall ]; then
  for tool in $tools; do
    rm -f "$root/bin/$tool" "$root/share/man/man1/$tool.1" \
      "$root/share/bash-completion/completions/$tool" "$root/share/zsh/site-functions/_$tool" \
      "$root/share/fish/vendor_completions.d/$tool.fish"
  done
  rm -f "$root/$lib"/libvmir.so "$root/$lib"/libvmir.so.* "$root/$lib/libvmir.a" \
    "$root/include/vmir.h" "$root/$lib/pkgconfig/vmir.pc"
  rm -rf "$root/$lib/cmake/vmir" "$root/share/doc/vmir"
  exit 0
fi

version=$(sed -n 's/^#define VMIR_VERSION "\(.*\)"/\1/p' "$library/include/vmir.h")
mkdir -p "$root/include" "$root/$lib/pkgconfig" "$root/$lib/cmake/vmir"
if [ -n "$tools_build" ]; then
  mkdir -p "$root/bin" "$root/share/doc/vmir"
  for tool in $tools; do
    install -m 755 -s "$tools_build/release/$tool" "$root/bin/$tool"
  done
  (cd "$tools_build/share" && find . -type f) | while read -r file; do
    install -D -m 644 "$tools_build/share/$file" "$root/share/$file"
  done
  install -m 644 "$repository/LICENSE" "$root/share/doc/vmir/LICENSE"
  if command -v dpkg-query >/dev/null; then
    arguments=$(sed -n 's/.*swift-argument-parser.*exact: "\(.*\)".*/\1/p' "$repository/Package.swift")
    "$repository/.ci/packages/sbom.py" vmir "$version" "$(uname -m)" --swift static \
      --library "swift-argument-parser=$arguments" libpng-dev libjpeg62-turbo-dev zlib1g-dev \
      libzstd-dev libprotobuf-c-dev libopenblas-dev >"$root/share/doc/vmir/sbom.cdx.json" ||
      rm -f "$root/share/doc/vmir/sbom.cdx.json"
  fi
fi
cp -P "$library"/lib/libvmir.* "$root/$lib/"
chmod 644 "$root/$lib"/libvmir.so.*.* "$root/$lib/libvmir.a"
install -m 644 "$library/include/vmir.h" "$root/include/vmir.h"
cat >"$root/$lib/pkgconfig/vmir.pc" <<END
prefix=$prefix
libdir=\${prefix}/$lib
includedir=\${prefix}/include

Name: vmir
Description: Restores pictures with converted networks
Version: $version
Libs: -L\${libdir} -lvmir
Libs.private: -lm -pthread
Cflags: -I\${includedir}
END
up=$(echo "$lib" | sed 's|[^/][^/]*|..|g')
cat >"$root/$lib/cmake/vmir/vmir-config.cmake" <<END
get_filename_component(_vmir_root "\${CMAKE_CURRENT_LIST_DIR}/../../$up" ABSOLUTE)
if(NOT TARGET vmir::vmir)
  add_library(vmir::vmir SHARED IMPORTED)
  set_target_properties(vmir::vmir PROPERTIES
    IMPORTED_LOCATION "\${_vmir_root}/$lib/libvmir.so"
    INTERFACE_INCLUDE_DIRECTORIES "\${_vmir_root}/include")
endif()
unset(_vmir_root)
END
cat >"$root/$lib/cmake/vmir/vmir-config-version.cmake" <<END
set(PACKAGE_VERSION "$version")
if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
END
