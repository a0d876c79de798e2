#!/usr/bin/env python3
"""Measures which code points are "cased" and "case-ignorable" for Python's final-sigma rule.

Owner: plugins/textkit. Run with CPython 3.11 (Unicode 14); writes data/case_context.json. Python does
not publish the two properties, but its own lower() shows them: after "A" + c a capital sigma is final
when c is either, after "1" + c only when c is cased and not ignorable.
"""
import json
import pathlib
import sys
import unicodedata


def ranges(test):
    out = []
    for c in range(0x110000):
        if 0xD800 <= c < 0xE000 or not test(chr(c)):
            continue
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def final_after(prefix):
    return (prefix + "\u03a3").lower().endswith("\u03c2")


if unicodedata.unidata_version != "14.0.0":
    sys.exit(f"needs a Python with Unicode 14.0.0 (CPython 3.11), this one has {unicodedata.unidata_version}")
data = {
    "_doc": "code points that str.lower of CPython 3.11 treats as cased / case-ignorable next to U+03A3",
    "cased": ranges(lambda c: final_after("1" + c)),
    "case_ignorable": ranges(lambda c: final_after("A" + c) and not final_after("1" + c)),
}
target = pathlib.Path(__file__).resolve().parent.parent / "data" / "case_context.json"
target.write_text(json.dumps(data) + "\n")
