#!/usr/bin/env bash
# The figures of docs/performance.md: builds ophost, makes the corpus and an environment with Data-Juicer 1.6.1 (PyPI)
# under build/bench unless they are there, and runs bench.py. Takes an hour the first time, most of it downloads and Data-Juicer.
#
#   tools/bench/run.sh [bench.py's options: --rounds N, --only w1,startup,checkpoints,memory, --corpus DIR, --dj VENV]
#   tools/bench/run.sh operators [operators.py's options: --rounds N, --only NAME,NAME, --corpus DIR, --markdown]
#
# The second form measures every operator alone: MB/s of one core, without Data-Juicer. --help after either prints the
# options; nothing is built or fetched for it.
set -euo pipefail
cd "$(dirname "$0")/../.."
script=bench.py
if [ "${1-}" = operators ]; then
  script=operators.py
  shift
fi
for word in "$@"; do
  case "$word" in
    --help | -h)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' tools/bench/run.sh
      exec python3 "tools/bench/$script" --help
      ;;
  esac
done
bench=build/bench
tools/build.sh --programs release
case " $* " in
  *" --corpus "*) ;;
  *)
    [ -s "$bench/corpus/c30.jsonl" ] || tools/bench/corpus.sh "$bench/corpus"
    set -- --corpus "$bench/corpus" "$@"
    ;;
esac
case "$script $* " in
  operators.py* | *" --dj "*) ;;
  *)
    if [ ! -x "$bench/venv/bin/dj-process" ]; then
      python3 -m venv "$bench/venv"
      # aiohttp: Data-Juicer 1.6.1 imports it without asking for it.
      "$bench/venv/bin/pip" install -q py-data-juicer==1.6.1 aiohttp
    fi
    set -- --dj "$bench/venv" "$@"
    ;;
esac
python3 "tools/bench/$script" --ophost build/release/bin/ophost \
  --scratch "$(mkdir -p "$bench/scratch" && realpath "$bench/scratch")" "$@"
