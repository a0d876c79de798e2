#!/usr/bin/env bash
# Builds a preset with tools/build.sh and runs its whole test suite; ends with ctest's own summary, non-zero when a test failed.
#
#   tools/test.sh [preset]      preset: release (default), debug, asan, tsan
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
case "$preset" in
  release | debug | asan | tsan) ;;
  *) sed -n '2,4s/^# \{0,1\}//p' tools/test.sh >&2; exit 2 ;;
esac
tools/build.sh "$preset"
ctest --preset "$preset"
