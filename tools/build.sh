#!/usr/bin/env bash
# Builds ophost on Debian 12: installs what is missing (only that), configures a preset and builds it.
#
#   tools/build.sh [--programs] [preset]      preset: release (default), debug, asan, tsan, fuzz (the fuzzers, by clang)
#
#   --programs   only ophost, ophost-dump and the bundled plugins; no tests (what tools/demo.sh needs)
#
# The programs are then in build/<preset>/bin, the plugins in build/<preset>/lib/ophost/plugins. When nothing is missing,
# nothing is fetched and no rights are needed; when nothing changed, it is done in a second or two.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  g++ cmake ninja-build make pkg-config python3 zstd
  libboost-dev libboost-program-options-dev libboost-filesystem-dev libboost-system-dev
  rapidjson-dev libyaml-cpp-dev libsimdjson-dev libpcre2-dev
  liblmdb-dev libzstd-dev zlib1g-dev libxxhash-dev libspdlog-dev libgtest-dev
  libssl-dev
)
# Without one of these CMake leaves out the operators that need it and says so; everything else is built.
optional=(libsentencepiece-dev libfasttext-dev cargo-web rustc-web libopencc-dev libarchive-dev libzip-dev)

say() { printf "%s\n" "tools/build.sh: $*" >&2; }

usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' tools/build.sh; }

programs_only=no
preset=release
for arg in "$@"; do
  case "$arg" in
    --programs) programs_only=yes ;;
    --help | -h) usage; exit 0 ;;
    release | debug | asan | tsan | fuzz) preset=$arg ;;
    *) say "unknown argument '$arg'; expected --programs or one of release, debug, asan, tsan, fuzz"; exit 2 ;;
  esac
done

[ "$preset" = fuzz ] && packages+=(clang-14 libclang-rt-14-dev)

installed() { [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]; }

install_missing() {
  local missing=() wished=() package
  for package in "${packages[@]}"; do installed "$package" || missing+=("$package"); done
  for package in "${optional[@]}"; do installed "$package" || wished+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && [ ${#wished[@]} -eq 0 ] && return 0

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "neither root nor sudo here; run as root: apt-get install ${missing[*]} ${wished[*]}"
      [ ${#missing[@]} -eq 0 ] && return 0
      exit 1
    fi
    as_root=(sudo)
  fi
  say "installing ${missing[*]} ${wished[*]}"
  "${as_root[@]}" apt-get update -qq
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends)
  [ ${#missing[@]} -eq 0 ] || "${install[@]}" "${missing[@]}" >/dev/null
  for package in "${wished[@]}"; do
    "${install[@]}" "$package" >/dev/null || say "$package cannot be installed: the operators that need it are left out"
  done
}

if ! command -v dpkg-query >/dev/null; then
  say "this is not Debian: install by other means what stands in 'packages' of this file"
else
  install_missing
fi

configure=(cmake --preset "$preset")
if command -v ccache >/dev/null; then
  configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
fi
# CMake is told only once: a changed CMakeLists.txt reconfigures by itself.
if [ ! -e "build/$preset/build.ninja" ]; then
  say "configuring preset $preset"
  mkdir -p "build/$preset"
  log=build/$preset/configure.log
  "${configure[@]}" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi

targets=()
if [ "$programs_only" = yes ]; then
  targets=(--target ophost ophost-dump)
  for file in plugins/*/CMakeLists.txt; do
    folder=$(basename "$(dirname "$file")")
    [ "$folder" = textkit ] || targets+=("$folder") # textkit: the pieces the plugins share, no plugin
  done
fi
say "building preset $preset"
cmake --build --preset "$preset" --parallel "$(nproc)" "${targets[@]}" >&2
say "done: build/$preset/bin"
