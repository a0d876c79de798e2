#!/usr/bin/env bash
# The short fuzzing run of a suite that was not built by clang: 5 s of every fuzzer, from the fuzz preset's build.
#   tests/fuzz/short.sh SOURCE_FOLDER
set -euo pipefail
cd "$1"
if ! command -v clang++-14 >/dev/null; then
  echo "skipped: no clang++-14 (Debian: clang-14 libclang-rt-14-dev)"
  exit 77
fi
if [ ! -e build/fuzz/build.ninja ]; then
  echo "skipped: no fuzz build; make it with: cmake --preset fuzz && cmake --build --preset fuzz"
  exit 77
fi
cmake --build --preset fuzz
ctest --preset fuzz
