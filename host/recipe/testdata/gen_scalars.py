"""Records how PyYAML, with jsonargparse's float rule, types plain scalars: yaml_scalars.tsv, read by yaml_test.cpp.

Needs PyYAML. The float rule is the regular expression of jsonargparse's default loader, written out below.
"""
import itertools
import json
import random
import re
import sys

import yaml

FLOAT = re.compile(
    r"""^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+]?[0-9]+)?
    |[-+]?(?:[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)
    |\.[0-9_]+(?:[eE][-+][0-9]+)?
    |[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*
    |[-+]?\.(?:inf|Inf|INF)
    |\.(?:nan|NaN|NAN))$""",
    re.X,
)


class Loader(yaml.SafeLoader):
    pass


Loader.yaml_implicit_resolvers = {
    first: [(tag, rx) for tag, rx in pairs if not tag.endswith((":timestamp", ":float"))]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-+0123456789."))


def typed(text):
    loader = Loader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    if tag.endswith((":merge", ":value")):
        return text
    return loader.construct_object(yaml.ScalarNode(tag, text))


def show(value):
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return "beyond"
    return json.dumps(value, ensure_ascii=False)


def scalars():
    yield from """~ null Null NULL nULL yes Yes YES yEs no No NO on On ON off Off OFF y n Y N true True TRUE tRUE
        false False FALSE 0 -0 +0 00 007 08 09 0o17 0x 0x1F 0X1F -0xff 0b101 0b2 -0b1 1_000 1__0 _1 1_ 0_ 0_7 - + . ..
        1. .5 -.5 +.5 1.5 -1.5 1e5 1E5 1e+5 1e-5 2e5 1.e5 1.5e3 .5e3 .5e+3 .5e-3 e5 1e 1e+ 1.2.3 1,5 1:30 1:60 01:30
        190:20:30 190:20:30.15 0:30 0:30.5 -1:30 1:30: :30 1:2:3:4 .inf -.inf +.inf .Inf .INF .iNF .nan .NaN .NAN -.nan
        inf nan NaN Infinity 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809
        18446744073709551615 18446744073709551616 0x7fffffffffffffff 0xffffffffffffffff 0777777777777777777777
        123456789012345678901234567890 2024-01-01 2024-01-01T00:00:00Z 12e03 1_0.5_0 1_0e5 ._ ._5 0x_ 0b_ 0x_1 1.0e400
        5e-324 0.1 1e16 123456789.123456789 << = a 1a 0.30000000000000004 +1 +1.5 --1 1-1 0.0 -0.0 0e0 1e0""".split()
    for n in (1, 2, 3):
        for combination in itertools.product("01_.e:-", repeat=n):
            yield "".join(combination)
    rng = random.Random(1)
    for _ in range(400):
        yield "".join(rng.choice("0123456789_.:eE+-xb") for _ in range(rng.randint(3, 9)))


def main():
    seen = {}
    for text in scalars():
        try:
            seen[text] = show(typed(text))
        except Exception:
            seen[text] = "!error"
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write("# scalar\tvalue; written by gen_scalars.py\n")
        for text, value in seen.items():
            out.write(json.dumps(text) + "\t" + value + "\n")


main()
