#!/usr/bin/env python3
"""Writes ftfy_data.inc: the tables of ftfy 6.3.1 for the C++ code.

The badness expression is a list of alternatives, each a fixed sequence of character sets. Characters with the same
memberships form a class; an alternative becomes a row of bits over those sets, and the pair of neighbours that is
rarest in it becomes an entry of the table that the fast scan consults.

usage: gen/ftfy_data.py > ftfy_data.inc     (any Python 3.11: \\w, \\s and NFC of Unicode 14)"""
import html
import itertools
import json
import os
import re
import unicodedata
from re import _parser as parser

assert unicodedata.unidata_version == '14.0.0', 'run with a Python that has Unicode 14'
HERE = os.path.dirname(os.path.abspath(__file__))
FTFY = json.load(open(HERE + '/../data/ftfy_tables.json', encoding='utf-8'))
SPACE = [c for c in range(0x110000) if chr(c).isspace()]
WORD = {c for c in range(0x110000) if chr(c).isalnum() or c == 0x5F}
# Stand for all characters that no set names: neither, \w, \s.
OTHER, OTHER_WORD, OTHER_SPACE = 0x3A9FFF, 0x4E00, 0x2003


# ---- the badness expression ------------------------------------------------------------------
def members(item):
    """A sre node as (set of named characters, extra) with extra in '', 'w', 's', '.', 'not'."""
    op, arg = item
    op = str(op)
    if op == 'LITERAL':
        return {arg}, ''
    if op == 'ANY':
        return set(), '.'
    if op == 'IN':
        named, extra = set(), ''
        for sub, value in arg:
            sub = str(sub)
            if sub == 'LITERAL':
                named.add(value)
            elif sub == 'RANGE':
                named |= set(range(value[0], value[1] + 1))
            elif sub == 'CATEGORY':
                extra = {'CATEGORY_SPACE': 's', 'CATEGORY_WORD': 'w'}[str(value)]
            elif sub == 'NEGATE':
                extra = 'not'
            else:
                raise ValueError(sub)
        return named, extra
    raise ValueError(op)


def sequences(nodes):
    """All fixed sequences that a list of nodes stands for; (at_start, [nodes])."""
    out = [(False, [])]
    for op, arg in nodes:
        name = str(op)
        if name == 'AT':
            out = [(True, s) for _, s in out]
        elif name == 'MAX_REPEAT':
            low, high, what = arg
            assert (low, high) == (0, 1) and len(what) == 1
            out = [(a, s + more) for a, s in out for more in ([], [what[0]])]
        elif name == 'BRANCH':
            out = [(a or b, s + t) for a, s in out for branch in arg[1]
                   for b, t in sequences(branch)]
        else:
            out = [(a, s + [(op, arg)]) for a, s in out]
    return out


tree = parser.parse(FTFY['BADNESS_RE']['pattern'], re.X)
alternatives = sequences(tree)
sets = []
rows = []
for at_start, nodes in alternatives:
    row = []
    for node in nodes:
        m = members(node)
        if m not in sets:
            sets.append(m)
        row.append(sets.index(m))
    rows.append((at_start, row))
# sre takes a common first character of neighbours out of the branches: nothing else may be lost.
assert all(1 <= len(r) <= 8 for _, r in rows)


def in_set(c, which):
    named, extra = sets[which]
    if extra == '.':
        return c != 10
    if extra == 'not':
        return c not in named
    return c in named or (extra == 'w' and c in WORD) or (extra == 's' and c in SPACE)


def mask(c):
    return sum(1 << k for k in range(len(sets)) if in_set(c, k))


named = set().union(*(n for n, _ in sets)) | set(range(128))

# ---- which characters need work whatever stands beside them -------------------------------------
seconds = set()
for c in range(0x110000):
    d = unicodedata.decomposition(chr(c))
    if d and not d.startswith('<') and ' ' in d:
        seconds.add(int(d.split()[1], 16))
seconds |= set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))
work = set(range(0x80, 0xA0)) | {0x2028, 0x2029, 0x2BC} | set(range(0x2018, 0x2020))
for table in ('LIGATURES', 'WIDTH_MAP', 'CONTROL_CHARS'):
    work |= {int(c, 16) for c in FTFY[table] if int(c, 16) >= 128}
for c in range(128, 0x110000):
    if 0xD800 <= c < 0xE000:
        continue
    if c in seconds or unicodedata.combining(chr(c)) or unicodedata.normalize('NFC', chr(c)) != chr(c):
        work.add(c)

# ---- classes: 0 nothing to see, 1 needs work, 2 any other \w, 3 any other \s, 4.. named above ------
assert not named & {OTHER, OTHER_WORD, OTHER_SPACE}
masks = [mask(OTHER), 0, mask(OTHER_WORD), mask(OTHER_SPACE)]
slow_class = {}
for c in sorted(named):
    m = mask(c)
    if m not in masks[4:]:
        masks.append(m)
    slow_class[c] = masks.index(m, 4)
assert len(masks) <= 128, len(masks)


def classes(k):
    """The classes that a set consists of, as bits."""
    return sum(1 << i for i, m in enumerate(masks) if i != 1 and m >> k & 1)


def size(k):
    """How common the characters of a set are."""
    extra = 1000000 if sets[k][1] in ('w', '.', 'not') else 0
    return extra + sum(1000 if c < 128 else 1 for c in named if in_set(c, k))


follows = [0] * len(masks)
for _, row in rows:
    if len(row) == 1:
        assert sets[row[0]][0] <= work
        continue
    best = min(range(len(row) - 1), key=lambda i: size(row[i]) * size(row[i + 1]))
    for a in range(len(masks)):
        if classes(row[best]) >> a & 1:
            follows[a] |= classes(row[best + 1])

# The fast scan has coarser classes: those that no pair tells apart are one; 0, 2 and 3 are 0.
profiles, coarse = [], []
for a in range(len(masks)):
    profile = (follows[a], tuple(f >> a & 1 for f in follows))
    if a < 4:
        coarse.append(1 if a == 1 else 0)
        continue
    if profile not in profiles:
        profiles.append(profile)
    coarse.append(profiles.index(profile) + 2)
assert len(profiles) + 2 <= 64, len(profiles)
pairs = [0] * (len(profiles) + 2)
for a in range(len(masks)):
    for b in range(len(masks)):
        if follows[a] >> b & 1:
            pairs[coarse[a]] |= 1 << coarse[b]
fast_class = {c: 1 if c in work else coarse[slow_class[c]] for c in work | named}

# ---- output ------------------------------------------------------------------------------------
BLOCK = 128
blocks, index = [], []
for start in range(0, 0x110000, BLOCK):
    block = tuple(fast_class.get(c, 0) for c in range(start, start + BLOCK))
    if block not in blocks:
        blocks.append(block)
    index.append(blocks.index(block))


def array(kind, name, values, fmt='%d'):
    print('constexpr %s %s[%d] = {' % (kind, name, len(values)))
    line = '   '
    for v in values:
        item = ' ' + fmt % v + ','
        if len(line) + len(item) > 100:
            print(line)
            line = '   '
        line += item
    print(line + '};')


def text(s):
    return '"' + ''.join('\\%03o' % b if b < 32 or b > 126 or chr(b) in '"\\?' else chr(b)
                         for b in s.encode('utf-8', 'strict')) + '"'


print('// Generated by gen/ftfy_data.py from data/ftfy_tables.json (constants of ftfy 6.3.1, Apache-2.0);')
print('// do not edit.')
array('std::uint8_t', 'kClassIndex', index)
array('std::uint8_t', 'kClassBlocks', [c for b in blocks for c in b])
print('// Bit b of row a: class b right behind class a may be mojibake.')
array('std::uint64_t', 'kPairs', pairs, '0x%xu')
top = max(named) // BLOCK + 1
exact_blocks, exact_index = [], []
for start in range(0, top * BLOCK, BLOCK):
    block = tuple(slow_class.get(c, 0) for c in range(start, start + BLOCK))
    if block not in exact_blocks:
        exact_blocks.append(block)
    exact_index.append(exact_blocks.index(block))
print('// The exact classes: 0 no set names it (2 and 3 the same for word characters and white space).')
print('constexpr unsigned kExactClasses = %d;' % len(masks))
array('std::uint8_t', 'kExactIndex', exact_index)
array('std::uint8_t', 'kExactBlocks', [c for b in exact_blocks for c in b])
print('// The alternatives of the badness expression: sets of classes in a row, length, only at the start.')
print('constexpr BadSequence kBadSequences[] = {')
for at_start, row in rows:
    print('    {{%s}, %d, %s},' % (', '.join('{0x%xu, 0x%xu}' % (classes(k) & (1 << 64) - 1, classes(k) >> 64)
                                        for k in row), len(row), 'true' if at_start else 'false'))
print('};')

tree = parser.parse(FTFY['UTF8_DETECTOR_RE']['pattern'], re.X)
(look, loop) = list(tree)
assert str(look[0]) == 'ASSERT_NOT' and look[1][0] == -1
before = members(look[1][1][0])[0]
assert str(loop[0]) == 'MAX_REPEAT' and loop[1][0] == 1
(group,) = list(loop[1][2])
assert str(group[0]) == 'SUBPATTERN'
(branch,) = list(group[1][3])
assert str(branch[0]) == 'BRANCH'
detector = {c: 1 for c in before}
conts = None
for count, option in zip((1, 2, 3), branch[1][1]):
    option = list(option)
    for c in members(option[0])[0]:
        detector[c] = detector.get(c, 0) | 4 << count
    if str(option[1][0]) == 'MAX_REPEAT':
        assert option[1][1][:2] == (count, count)
        cont = members(option[1][1][2][0])[0]
    else:
        cont = members(option[1])[0]
    assert conts is None or cont == conts
    conts = cont
for c in conts:
    detector[c] = detector.get(c, 0) | 2
print('// Characters of the UTF-8 detector: 1 not before a match, 2 continuation, 8/16/32 lead of 1/2/3 more.')
print('constexpr Detected kDetected[] = {')
for c in sorted(detector):
    print('    {0x%x, %d},' % (c, detector[c]))
print('};')

print('// The single byte encodings in the order they are tried: bytes 0x80 to 0xFF, 0 = none.')
print('constexpr Encoding kEncodings[] = {')
for name in FTFY['order']:
    high = [0 if h is None else int(h, 16) for h in FTFY['high_bytes'][name]]
    print('    {"%s", %s, {' % (name, 'true' if name.startswith('sloppy') else 'false'))
    for i in range(0, 128, 16):
        print('        ' + ', '.join('0x%x' % h for h in high[i:i + 16]) + ',')
    print('    }},')
print('};')

for table, name in (('LIGATURES', 'kLigatures'), ('WIDTH_MAP', 'kWidths')):
    print('constexpr Mapped %s[] = {' % name)
    for c in sorted(FTFY[table], key=lambda h: int(h, 16)):
        value = FTFY[table][c]
        assert 1 <= len(value) <= 3
        print('    {0x%x, {%s}},' % (int(c, 16), ', '.join('0x%x' % ord(x) for x in value)))
    print('};')

print('constexpr Entity kEntities[] = {')
for name in sorted(FTFY['HTML_ENTITIES'], key=lambda n: n[1:-1].encode()):
    assert name[0] == '&' and name[-1] == ';'
    print('    {"%s", %s},' % (name[1:-1], text(FTFY['HTML_ENTITIES'][name])))
print('};')
print('// Numeric references that do not stand for their own number (HTML5): -1 = nothing.')
print('constexpr Reference kReferences[] = {')
for n in sorted(set(html._invalid_charrefs) | html._invalid_codepoints):
    u = html.unescape('&#%d;' % n)
    print('    {0x%x, %s},' % (n, '0x%x' % ord(u) if u else '-1'))
print('};')
import sys
print(len(sets), 'sets', len(masks), 'classes', len(rows), 'alternatives', file=sys.stderr)
