"""Records by chance, for differential_test: text of every kind that operators look at, in JSON of every kind that it may
be written in. Functions of the random.Random they are given alone."""
import json

_RANGES = [(0x20, 0x7E)] * 6 + [
    (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0xEFF), (0x1100, 0x11FF),
    (0x1E00, 0x1FFF), (0x2000, 0x20CF), (0x2100, 0x27FF), (0x2E80, 0x312F), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3),
    (0xE000, 0xF8FF), (0xF900, 0xFFFF), (0x10000, 0x1FFFF), (0x1F300, 0x1FAFF), (0x20000, 0x2FFFF), (0x30000, 0x3FFFF),
    (0x40000, 0xDFFFF), (0xE0000, 0xEFFFF), (0xF0000, 0x10FFFF)]
_CONTROLS = [*range(0x20), 0x7F, *range(0x80, 0xA0), 0xA0, 0xAD, 0x180E, *range(0x2000, 0x2010), *range(0x2028, 0x2030), 0x202F,
             0x205F, *range(0x2060, 0x2070), 0x3000, 0xFEFF, 0xFFF9, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF, 0xE0001, 0xE007F]
_WORDS = ("the of and to in is that it was with a copyright table figure section http www Straße größer École naïve İstanbul ΣΊΣΥΦΟΣ "
          "ǅ ﬁne x² ½ Ⅻ ١٢٣ и не он весь это שלום في من على है और ไทย 한국어 你好 天地 これは テスト ッ 上 œuvre user password token "
          "error failed success sorry cannot").split(" ")
_CHINESE = "的一是不了人我在有他這为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自會後麼台灣軟體里裡發髮面麵"
_PIECES = [
    "https://example.org/a/b?q=1&r=%20#x", "http://例え.jp/パス", "www.example.com/x", "ftp://host/f.tar.gz", "//cdn.x.io/y.js",
    "first.last+tag@mail.example.org", "a@b", "@@", "user@[127.0.0.1]", "192.168.0.1", "256.1.1.1", "1.2.3.4.5", "::1",
    "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "00:1B:44:11:3A:B7", "+49 30 123456", "138 0013 8000", "11010519491231002X",
    "/home/user/.ssh/id_rsa", "C:\\Users\\x\\y.txt", "sk-abcdefghijklmnopqrstuvwxyz0123456789", "AKIAABCDEFGHIJKLMNOP",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_123", "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----",
    "3.14159", "-0", "1e999", "0x1F", "1,234,567.89", "٣٫١٤", "NaN", "2026-02-30", "12:61", "100%",
    "<p>a<b>c</p>", "<table><tr><th>h<td>1<tr><td>2</table>", "<a href='x'>y", "</div>", "<!-- c", "<script>if(a<b)</script>",
    "&amp;&lt;&#x1F600;&#0;&bogus;&notin", "<br/><li>x<li>y", "<![CDATA[x]]>", "<?php echo 1 ?>",
    "\\documentclass{article}\n", "\\section{One}\n", "\\chapter{", "\\newcommand{\\foo}{bar}", "\\def\\x{y}", "\\foo \\x \\y",
    "% a comment\n", "100\\% sure", "\\begin{figure}\\caption{c}\\label{f}\\end{figure}", "\\ref{f}", "\\cite{a,b}",
    "\\begin{thebibliography}{9}\n\\bibitem{a} b\n", "\\bibliography{x}", "$x_1^2$", "\\begin{equation}", "\n\n\n",
    "/* Copyright 2020 x */\n", "// Copyright\n// x\n", "# comment\n", "/* open", "```python\nx = 1\n```", "# Heading\n", "- item\n",
    "a | b | c\n1 | 2 | 3\n4 | 5 | 6\n", "col1\tcol2\n1\t2\n", "[x](y)", "{\"a\": [1, null]}", "“quoted”", "…", "，。、！？", "《书》",
    "◆●■►▼▲▴∆▻▷❖♡□", "sOâ€™s schÃ¶n", "Ã©", "â€œx", "ï»¿", "\u1e9b\u0323", "e\u0301", "\u0130", "\u03a3", "a\u03a3", "\r\n", "\r",
    "👩‍👩‍👧‍👦", "🇩🇪🇫", "👍🏽", "1️⃣", "\u200d", "\u202eabc\u202c", "\ufeff", "Thought: x\nAction: y\nObservation: z", "Error: 1",
    "Dr. Smith went. He left! Why? e.g. this.", "<|__dj__eoc|>", "<image>", "User: hi\nAssistant: yes\n"]


def code_points(r, n):
    """From every plane; no surrogates, which are no characters."""
    out = []
    for _ in range(n):
        c = r.randint(*r.choice(_RANGES))
        out.append(chr(c) if not 0xD800 <= c <= 0xDFFF else "?")
    return "".join(out)


def _sentence(r):
    words = [r.choice(_WORDS) if r.random() < 0.8 else code_points(r, r.randint(1, 9)) for _ in range(r.randint(1, 25))]
    return " ".join(words) + r.choice([".", "!", "。", "\n", "?\n", "", ", "])


def chunk(r, size):
    """Text of one kind; of `size` characters, more or less."""
    kind = r.randrange(13)
    if kind == 0:
        return code_points(r, size)
    if kind == 1:  # a letter under a pile of marks
        return "".join(r.choice("aeoŁ가") + "".join(chr(r.randint(0x300, 0x36F)) for _ in range(r.randint(0, 30))) for _ in range(size // 15 + 1))
    if kind == 2:
        return "".join(chr(r.choice(_CONTROLS)) if r.random() < 0.5 else r.choice("ab .,1") for _ in range(size))
    if kind == 3:  # one word
        return r.choice(["a", "ab", "é", "字", "😀", "-", "_", "0", "ＡＢ", "é"]) * size
    if kind == 4:
        return "".join(r.choices(_CHINESE + "，。1a ", k=size))
    if kind == 5:
        return "\n".join(r.choice(["", " ", "x", "\t", "line of text", "a b c"]) for _ in range(size // 4 + 1))
    if kind == 6:  # the same again
        return r.choice([_sentence(r), r.choice(_PIECES), "spam "]) * min(size // 5 + 1, 400)
    if kind in (7, 8):
        return r.choice(["", " ", "\n"]).join(r.choice(_PIECES) for _ in range(size // 12 + 1))
    if kind == 9:
        return "".join(r.choice("0123456789.-+eE,/:% \n") for _ in range(size))
    if kind == 10:  # one line
        return " ".join(r.choice(_WORDS) for _ in range(size // 5 + 1))
    return "".join(_sentence(r) + (r.choice(_PIECES) if r.random() < 0.2 else "") for _ in range(size // 60 + 1))


def text(r, largest):
    p = r.random()
    if p < 0.04:
        return r.choice(["", " ", "\n", "\u3000", "\x00", ".", "a", "字", "\U0010ffff", "\ufeff"])
    size = int(2 ** r.uniform(1, largest))
    parts = [chunk(r, size // 2 + 1) for _ in range(r.randint(1, 3))]
    return r.choice(["", " ", "\n", "\n\n"]).join(parts)


def _value(r, depth=0):
    p = r.random()
    if p < 0.25 and depth < 3:
        return {r.choice(["a", "b.c", "ключ", "", "text", "lang"]): _value(r, depth + 1) for _ in range(r.randint(0, 3))}
    if p < 0.4 and depth < 3:
        return [_value(r, depth + 1) for _ in range(r.randint(0, 3))]
    return r.choice([None, True, False, 0, -1, 3, 2 ** 63, -2 ** 63, 0.1, -0.0, 1e300, 1e-7, "", "en", "lone \ud800", "x" * 50, text(r, 5)])


def everywhere(r):
    """Fields that every record has, with few values, for operators that want them in all."""
    return {"score": r.choice([r.randint(-3, 3), r.random(), 2.5]), "kind": r.choice(["a", "text", "字", "n", "x y"])}


def record(r, number, largest):
    """`number` stands in the field "rid"; about half of all records have the suffix .a."""
    out = {"rid": number, **everywhere(r), "__dj__suffix__": ".a" if r.random() < 0.5 else ".b", "text": text(r, largest)}
    if r.random() < 0.6:
        out["meta"] = {"lang": r.choice(["en", "de", "zh", None]), "n": r.choice([None, 1, 2, 2.5, "3", -7, True]), "more": _value(r)}
    if r.random() < 0.5:
        out["n"] = r.choice([r.randint(-5, 5), r.random(), None, "12", "x", [1, 2]])
    if r.random() < 0.4:
        out["tags"] = r.choice([[], ["a"], ["a", "b", None], "a", None, [["x"], 1]])
    if r.random() < 0.2:
        out["query"], out["response"] = text(r, 5), text(r, 5)
    return out


def mutated(r, value, depth=0):
    """A copy with a few leaves changed."""
    if isinstance(value, dict):
        return {k: mutated(r, v, depth + 1) for k, v in value.items() if depth == 0 or r.random() > 0.02}
    if isinstance(value, list):
        out = [mutated(r, v, depth + 1) for v in value if r.random() > 0.03]
        return out + out[:1] if r.random() < 0.05 else out
    if r.random() > 0.25:
        return value
    if isinstance(value, str):
        at = r.randint(0, len(value))
        more = r.choice([r.choice(_PIECES), code_points(r, r.randint(1, 8)), chr(r.choice(_CONTROLS)), value[at // 2:at]])
        return value[:at] + more + value[at + r.choice([0, 0, 1, 5]):]
    return _value(r) if depth > 1 and r.random() < 0.3 else value


def line(r, value):
    """One JSON line of the record, in one of the ways of writing it."""
    try:
        if r.random() < 0.6:
            return json.dumps(value, ensure_ascii=False, separators=r.choice([(",", ":"), (", ", ": ")])).encode()
    except UnicodeEncodeError:  # half a surrogate pair has no UTF-8 form
        pass
    return json.dumps(value, ensure_ascii=True).encode()


def faulty_line(r):
    """What is no record: goes to quarantine, whoever is next to it."""
    return r.choice([b'{"rid": 1, "text": "half \\udc00"}', b'{"rid": 2, "text": null}', b'{"rid": 3}', b'{"rid": 4, "text": "bad \xff"}',
                     b'{"rid": 5, "text": 7}', b'{"rid": 6, "text": "cut', b"[]", b""])
