#!/usr/bin/env python3
"""Writes ../letter_case.inc: the characters for which str.isupper() and str.islower() hold, as ranges with a step.

Run it with CPython 3.11 (Unicode 14), whose answers the tables are.
"""

import os
import sys
import unicodedata


def ranges(wanted):
    """(first, last, step) triples; a step of 2 takes alternating capitals and small letters together."""
    found = []
    for c in wanted:
        if found:
            first, last, step = found[-1]
            if c - last in (1, 2) and step in (0, c - last):
                found[-1] = (first, c, c - last)
                continue
        found.append((c, c, 0))
    return found


def main():
    if unicodedata.unidata_version != "14.0.0":
        sys.exit("needs Unicode 14, this Python has " + unicodedata.unidata_version)
    lines = ["// Made by gen/letter_case.py: {first, last, step}, Unicode 14."]
    for name, test in (("kUpper", str.isupper), ("kLower", str.islower)):
        triples = ranges(c for c in range(0x110000) if test(chr(c)))
        lines.append("constexpr CaseRange %s[] = {" % name)
        row = "   "
        for first, last, step in triples:
            item = " {0x%x, 0x%x, %d}," % (first, last, max(step, 1))
            if len(row) + len(item) > 100:
                lines.append(row)
                row = "   "
            row += item
        lines += [row, "};"]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "letter_case.inc")
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
