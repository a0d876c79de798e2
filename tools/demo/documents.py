#!/usr/bin/env python3
"""Turns the files of unpacked Debian documentation packages into one JSON Lines file: id, text, meta.

  documents.py ROOT OUT.jsonl

Man pages lose their roff, HTML pages their markup; a page is one record. The order is that of a hash of the path:
mixed, and the same every time. Only the standard library is used.
"""

import gzip, hashlib, html.parser, json, os, re, sys

BLOCKS = {"p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "br", "dt", "dd", "table", "title"}


# Files without text of their own; what is left is a page, a man page or plain text.
ASSETS = (
    ".png .svg .jpg .jpeg .gif .ico .css .js .map .woff .woff2 .ttf .eot .xpm .pdf .ps .zip .tgz .jar .db .idx .inv .mo"
).split()


class PageText(html.parser.HTMLParser):
    """Collects the text of a page, a line per block."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.pieces, self.muted = [], 0

    def handle_starttag(self, tag, attributes):
        self.muted += tag in ("script", "style")
        if tag in BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag):
        self.muted -= tag in ("script", "style")
        if tag in BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data):
        if self.muted <= 0:
            self.pieces.append(data)


def html_text(page):
    parser = PageText()
    parser.feed(page)
    parser.close()
    return "".join(parser.pieces)


ESCAPES = [
    (re.compile(r"\\f(\[[A-Z]*\]|.)|\\[&|^/,]|\\s[-+]?\d"), ""),
    (re.compile(r"\\-"), "-"),
    (re.compile(r"\\\(bu|\\\[bu\]"), "•"),
    (re.compile(r"\\\(co|\\\[co\]"), "©"),
    (re.compile(r"\\\(aq|\\\[aq\]|\\\(cq|\\\(oq"), "'"),
    (re.compile(r"\\\(dq|\\\[dq\]|\\\(lq|\\\(rq"), '"'),
    (re.compile(r"\\\(..|\\\[[^\]]*\]|\\\*\(..|\\\*."), " "),
    (re.compile(r"\\(e|\\)"), r"\\"),
    (re.compile(r"\\[ ~0]"), " "),
]
# Requests whose arguments are text; of every other one nothing stays.
TEXT_REQUESTS = re.compile(r"^[.']\s*(TH|SH|SS|Sh|Ss|B|I|BR|RB|IR|RI|BI|IB|SM|IP|Nm|Nd|Fl|Ar|Pa|Xr|Em|Sy|Ic)\s+(.*)$")


def man_text(page):
    lines = []
    for line in page.split("\n"):
        if line.startswith((".", "'")):
            request = TEXT_REQUESTS.match(line)
            if not request or request[2].startswith('\\"'):
                continue
            line = ("\n" if request[1] in ("SH", "SS", "Sh", "Ss") else "") + request[2].replace('"', "")
        for pattern, replacement in ESCAPES:
            line = pattern.sub(replacement, line)
        lines.append(line)
    return "\n".join(lines)


def document(path, relative):
    """The record of one file, without its id; None when there is no text in it."""
    with open(path, "rb") as file:
        data = file.read()
    name = relative.lower()
    if name.endswith(".gz"):
        data, name = gzip.decompress(data), name[:-3]
    if b"\0" in data[:4096] or len(data) > 20_000_000:
        return None
    page = data.decode("utf-8", errors="replace")
    if name.endswith((".html", ".xhtml", ".htm")):
        kind, text = "html", html_text(page)
    elif "/man/" in name:
        kind, text = "man", man_text(page)
    else:
        kind, text = "text", page
    text = re.sub(r"[ \t]+\n", "\n", text)
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if len(text) < 20:
        return None
    return {"text": text, "meta": {"path": relative, "kind": kind, "bytes": len(data)}}


def main():
    root, out = sys.argv[1], sys.argv[2]
    paths = [os.path.join(folder, file) for folder, _, files in os.walk(root) for file in files]
    paths = [path for path in paths if not os.path.islink(path) and not path.lower().endswith(tuple(ASSETS))]
    paths.sort(key=lambda path: hashlib.md5(os.path.relpath(path, root).encode()).hexdigest())
    written = 0
    with open(out + ".part", "w", encoding="utf-8") as lines:
        for path in paths:
            record = document(path, os.path.relpath(path, root))
            if record:
                lines.write(json.dumps({"id": "%06d" % written, **record}, ensure_ascii=False) + "\n")
                written += 1
    os.rename(out + ".part", out)
    print("%s: %d documents, %.1f MB" % (out, written, os.path.getsize(out) / 1e6))


if __name__ == "__main__":
    main()
