#!/usr/bin/env python3
"""Writes ../entities.inc from Python's list of HTML5 character references; with --check, compares it instead."""

import html.entities, os, sys

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "entities.inc")


def text():
    lines = ["// Made by gen/entities.py from Python's html.entities.html5; sorted by name, in bytes."]
    for name, characters in sorted(html.entities.html5.items()):
        escaped = "".join("\\x%02x" % b for b in characters.encode())
        lines.append('{"%s", "%s"},' % (name, escaped))
    return "\n".join(lines) + "\n"


if "--check" in sys.argv:
    sys.exit(0 if open(PATH).read() == text() else "entities.inc is not what gen/entities.py writes")
open(PATH, "w").write(text())
