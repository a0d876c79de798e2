#!/usr/bin/env bash
# Builds the measuring corpus: OUT/c.jsonl (about 550 MB), and of its beginning c300.jsonl, c60.jsonl and c30.jsonl. Downloads
# some 350 MB of Debian documentation packages in eight languages with apt; nothing is installed.
#
#   tools/bench/corpus.sh OUT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "${1:?usage: tools/bench/corpus.sh OUT}")
packages="libreoffice-help-en-us libreoffice-help-de libreoffice-help-fr libreoffice-help-ja libreoffice-help-zh-cn
  libreoffice-help-ru libreoffice-help-es python3.11-doc postgresql-doc-15 openjdk-17-doc manpages-de manpages-fr
  manpages-ja manpages-zh manpages-es manpages-ru manpages-pl debian-handbook debian-reference-en debian-reference-ja
  debian-reference-de libboost1.74-doc bible-kjv-text gnome-user-docs doc-debian debian-faq debian-policy
  developers-reference installation-guide-amd64 manpages-dev manpages perl-doc r-doc-html octave-doc gimp-help-en
  gimp-help-de gimp-help-fr linux-doc-6.1 vim-doc"
mkdir -p "$out/debs" "$out/root"
as_root=()
[ "$(id -u)" -ne 0 ] || as_root=(-o "APT::Sandbox::User=root")
# shellcheck disable=SC2086
(cd "$out/debs" && apt-get download -qq "${as_root[@]}" $packages)
for deb in "$out"/debs/*.deb; do dpkg-deb -x "$deb" "$out/root"; done
python3 "$here/../demo/documents.py" "$out/root" "$out/c.jsonl"
for megabytes in 300 60 30; do
  head -c ${megabytes}000000 "$out/c.jsonl" | sed '$d' >"$out/c$megabytes.jsonl" # the last line is cut off
done
rm -rf "$out/debs" "$out/root"
wc -l "$out"/c*.jsonl
