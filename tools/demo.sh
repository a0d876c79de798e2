#!/usr/bin/env bash
# The two-minute tour: builds ophost, runs a recipe of 14 operators over real text in eight languages, kills it half-way
# with SIGKILL, runs it again, looks into the store, and runs it once more. Everything it writes lies under build/demo.
#
#   tools/demo.sh
set -euo pipefail
cd "$(dirname "$0")/.."

demo=build/demo
recipe=tools/demo/refine.yaml
bin=build/release/bin
packages="manpages-de manpages-fr manpages-ja manpages-ru manpages-pl manpages-es manpages-zh
  debian-reference-en debian-reference-de debian-reference-ja debian-faq developers-reference"

heading() { printf '\n=== %s\n\n' "$*"; }
echoed() { printf '$ %s\n' "$*"; "$@"; }

fetch_packages() { # into $demo/debs; fails without a network
  mkdir -p "$demo/debs"
  local apt=(-qq -o "Acquire::Retries=1" -o "Acquire::http::Timeout=15")
  [ "$(id -u)" -ne 0 ] || apt+=(-o "APT::Sandbox::User=root")
  # shellcheck disable=SC2086
  (cd "$demo/debs" && apt-get download "${apt[@]}" $packages) 2>"$demo/apt.log" && return 0
  # Perhaps only the lists are missing or old; refreshing them needs rights.
  [ "$(id -u)" -eq 0 ] || return 1
  # shellcheck disable=SC2086
  apt-get update "${apt[@]}" 2>>"$demo/apt.log" &&
    (cd "$demo/debs" && apt-get download "${apt[@]}" $packages) 2>>"$demo/apt.log"
}

make_documents() {
  mkdir -p "$demo"
  if [ -s "$demo/documents.jsonl" ]; then
    echo "$demo/documents.jsonl is there already: $(wc -l <"$demo/documents.jsonl") documents"
    return 0
  fi
  if command -v apt-get >/dev/null && fetch_packages; then
    local deb
    for deb in "$demo"/debs/*.deb; do dpkg-deb -x "$deb" "$demo/root"; done
    python3 tools/demo/documents.py "$demo/root" "$demo/documents.jsonl"
    rm -rf "$demo/debs" "$demo/root"
  else
    echo "The packages could not be downloaded (see $demo/apt.log): using the small sample of tools/demo instead."
    zstd -dqf tools/demo/sample.jsonl.zst -o "$demo/sample.jsonl"
    echo "$demo/sample.jsonl: $(wc -l <"$demo/sample.jsonl") documents, 1.5 MB"
    options=(--dataset_path "$demo/sample.jsonl" --partition.mode manual --partition.num_of_partitions 12)
  fi
}

total_tasks() { # operators x partitions of the recipe
  "$bin/ophost" plan --config "$recipe" "${options[@]}" --json |
    python3 -c 'import json, sys; print(sum(s["last_partition"] - s["first_partition"] + 1 for s in json.load(sys.stdin)["steps"]))'
}

finished_tasks() { cat "$demo"/work/demo/events_*.jsonl 2>/dev/null | grep -c '"op_complete"' || true; }

run_and_kill() { # starts the job, kills it when half of its operators x partitions are done
  local total half pid
  total=$(total_tasks)
  half=$((total / 2))
  printf '$ %s\n' "${run[*]}  &   # and kill -9 at the half"
  "${run[@]}" &
  pid=$!
  while kill -0 "$pid" 2>/dev/null && [ "$(finished_tasks)" -lt "$half" ]; do sleep 0.01; done
  if kill -9 "$pid" 2>/dev/null; then
    wait "$pid" 2>/dev/null || true
    printf '\nKilled with SIGKILL after %s of %s tasks (operator x partition).\n' "$(finished_tasks)" "$total"
    if [ -e "$demo/out/refined.jsonl" ]; then
      echo "It was quicker than the kill: the export is whole."
    else
      echo "No export stands under its final name: $(ls "$demo/out" 2>/dev/null | grep -v '^\.' | grep -c . || true) files in $demo/out."
    fi
  else
    wait "$pid"
    echo "This machine was through before it could be killed; the next run shows reuse instead of resumption."
  fi
}

# Small partitions, so that there is something to resume; a real job takes the default.
options=(--partition.target_size_mb 2)
heading "1. Build"
echoed tools/build.sh --programs release

heading "2. Documents: Debian's documentation in German, French, Japanese, Russian, Polish, Spanish, Chinese and English"
make_documents

rm -rf "$demo/work" "$demo/out"
mkdir -p "$demo/out"
run=("$bin/ophost" run --config "$recipe" --job_id demo "${options[@]}")

heading "3. Run the recipe, and kill it half-way"
run_and_kill

heading "4. What would a second run do?"
plan=("$bin/ophost" plan --config "$recipe" --job_id demo "${options[@]}")
printf '$ %s\n' "${plan[*]}"
"${plan[@]}" | tail -n 12 # the last operators and the sum

heading "5. Run it again: it continues from the store"
echoed "${run[@]}"

heading "6. What the store holds"
printf '$ %s\n' "$bin/ophost-dump ls --store $demo/work/store --partition 0"
"$bin/ophost-dump" ls --store "$demo/work/store" --partition 0
echo
echoed "$bin/ophost-dump" stat --store "$demo/work/store"
echo
one=$("$bin/ophost-dump" ls --store "$demo/work/store" --op text_length_filter --json |
  python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["fingerprint"][:12])')
printf '$ %s\n' "$bin/ophost-dump show --store $demo/work/store $one"
"$bin/ophost-dump" show --store "$demo/work/store" "$one" | sed -n 1,36p | cut -c 1-160

heading "7. Is the output what an uninterrupted run gives?"
whole=("$bin/ophost" run --config "$recipe" --job_id whole "${options[@]}" --quiet
  --work_dir "$demo/work-whole" --export_path "$demo/out/uninterrupted.jsonl")
rm -rf "$demo/work-whole"
echoed "${whole[@]}"
echoed sha256sum "$demo/out/refined.jsonl" "$demo/out/uninterrupted.jsonl"
cmp "$demo/out/refined.jsonl" "$demo/out/uninterrupted.jsonl"
echo "The same, byte for byte."
rm -rf "$demo/work-whole" "$demo/out/uninterrupted.jsonl" "$demo/out/uninterrupted_stats.jsonl"

heading "8. Once more: nothing is computed twice"
echoed "${run[@]}"
printf '\nTry:  %s\n' "$bin/ophost plan --config $recipe --text_length_filter.min_len 100"
printf '      %s\n' "$bin/ophost ops text_length_filter"
