#!/bin/bash
# What `make install` installs, as its users meet it: programs in C with pkg-config and CMake, manual
# pages, completions, the bill of materials; and that `make uninstall` leaves nothing.
#
# install-test.sh BIN LIBRARY_FOLDER CHECKPOINT
#   BIN             folder of a release build, whose tools stand for the installed build's
#   LIBRARY_FOLDER  what .ci/edge/library.sh made
set -u

if [ $# -ne 3 ]; then
  echo "usage: install-test.sh BIN LIBRARY_FOLDER CHECKPOINT" >&2
  exit 64
fi
bin=$(cd "$1" && pwd) library=$(cd "$2" && pwd) checkpoint=$(readlink -f "$3")
repository=$(cd "$(dirname "$0")/.." && pwd)
packages=$repository/.ci/packages
work=$(mktemp -d) || exit 70
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
. "$repository/Tests/checks.sh"
quietly() { "$@" >"$work/said" 2>&1 || { cat "$work/said"; return 1; }; }
# tried COMMAND: whether it is there, which VMIR_REQUIRE_ALL=1 demands.
tried() {
  command -v "$1" >/dev/null && return 0
  check "$1 is there" test "${VMIR_REQUIRE_ALL:-0}" != 1
  echo "note: $1 is missing; what needs it is not tried"
  return 1
}

for lib in lib lib/multiarch; do
  root=$work/$(echo "$lib" | tr / -)
  mkdir -p "$work/build"
  ln -sfn "$bin" "$work/build/release"
  quietly "$packages/manual.py" "$bin" "$work/build/share"
  check "it is installed ($lib)" quietly env LIBDIR="$lib" "$packages/install.sh" install "$root" \
    /opt/vmir "$work/build" "$library"
  prefix=$root/opt/vmir
  check "nothing is installed elsewhere" [ "$(cd "$root" && find . -type f | grep -vc '^./opt/vmir/')" -eq 0 ]
  export PKG_CONFIG_PATH=$prefix/$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
  program=$repository/Sources/VMIRC/Examples/restore_ppm.c
  # shellcheck disable=SC2046
  check "pkg-config builds a C program ($lib)" quietly cc "$program" -o "$work/by-pkg-config" \
    $(pkg-config --cflags --libs vmir)
  mkdir -p "$work/cmake"
  cat >"$work/cmake/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.16)
project(user C)
find_package(vmir 0.1 REQUIRED)
add_executable(user $program)
target_link_libraries(user vmir::vmir)
END
  programs="$work/by-pkg-config"
  if tried cmake; then
    check "CMake finds it ($lib)" quietly cmake -S "$work/cmake" -B "$work/cmake/build" \
      -D "CMAKE_PREFIX_PATH=$prefix" -D "vmir_DIR=$prefix/$lib/cmake/vmir"
    check "CMake builds a C program" quietly cmake --build "$work/cmake/build"
    programs="$programs $work/cmake/build/user"
  fi
  quietly "$prefix/bin/vmir-convert" "$checkpoint" -o "$work/model.vmir"
  { printf 'P6\n48 32\n255\n'; head -c 4608 "$checkpoint"; } >"$work/in.ppm"
  for user in $programs; do
    check "$(basename "$user") restores a picture ($lib)" quietly env \
      LD_LIBRARY_PATH="$prefix/$lib" "$user" "$work/model.vmir" "$work/in.ppm" "$work/out.ppm"
    check "with pixels" [ "$(wc -c <"$work/out.ppm")" -gt 70000 ]
  done
  rm -rf "$work/cmake/build"
done

for tool in vmir-convert vmir-run vmir-validate vmir-inspect vmir-bench; do
  page=$prefix/share/man/man1/$tool.1
  if tried man; then
    check "the page of $tool has no faults" eval \
      "[ -z \"\$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z '$page' 2>&1 >/dev/null)\" ]"
    check "the page of $tool shows options" eval "man -l '$page' | col -b | grep -q -e --json"
  fi
  # Loaded in a bash of its own: completes the start of an option.
  completion=$prefix/share/bash-completion/completions/$tool
  check "bash loads the completions of $tool" quietly bash --norc -ec ". '$completion'; complete -p $tool"
  if command -v zsh >/dev/null; then
    check "zsh reads the completions of $tool" quietly zsh -n "$prefix/share/zsh/site-functions/_$tool"
  fi
  if command -v fish >/dev/null; then
    check "fish reads the completions of $tool" quietly fish -n \
      "$prefix/share/fish/vendor_completions.d/$tool.fish"
  fi
done
check "bash completes an option" [ "$(bash --norc -ec "
  . '$prefix/share/bash-completion/completions/vmir-run'
  COMP_WORDS=(vmir-run --thr) COMP_CWORD=1
  \$(complete -p vmir-run | sed 's/.*-F \([^ ]*\).*/\1/')
  echo \${COMPREPLY[*]}")" = --threads ]
check "the bill of materials is JSON with versions" python3 -c "
import json, sys
bill = json.load(open('$prefix/share/doc/vmir/sbom.cdx.json'))
sys.exit(not (bill['bomFormat'] == 'CycloneDX' and len(bill['components']) > 5
  and all(c['version'] and c['purl'] for c in bill['components'])))"
check "it is removed" quietly env LIBDIR=$lib "$packages/install.sh" uninstall "$root" /opt/vmir
check "nothing is left" [ -z "$(find "$root" -type f -o -type l)" ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
