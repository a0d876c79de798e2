#!/usr/bin/env python3
"""Lists the code points that Python's repr() escapes: str.isprintable is false for them.

Owner: plugins/textkit. Run with CPython 3.11 (Unicode 14); writes data/nonprintable.json.
"""
import json
import pathlib
import sys
import unicodedata

if unicodedata.unidata_version != "14.0.0":
    sys.exit(f"needs a Python with Unicode 14.0.0 (CPython 3.11), this one has {unicodedata.unidata_version}")
ranges = []
for c in range(0x110000):
    if chr(c).isprintable():
        continue
    if ranges and ranges[-1][1] == c - 1:
        ranges[-1][1] = c
    else:
        ranges.append([c, c])
data = {"_doc": "code points for which str.isprintable of CPython 3.11 is false", "nonprintable": ranges}
target = pathlib.Path(__file__).resolve().parent.parent / "data" / "nonprintable.json"
target.write_text(json.dumps(data) + "\n")
