"""Every operator that the build offers, over records drawn by chance, with parameters drawn from its schema: it never
crashes, and its result is a function of the records alone, not of workers, partitions, batches, or of what a filter before
it has dropped. Nothing here knows an operator by name: a new one is covered the day it appears.

Per operator a few sets of parameters (the default, its example, recorded or drawn ones), and per set these runs:
  a  one partition, one worker;
  b  other partitions and workers: the same bytes out, the same records in quarantine;
  c  behind a filter that drops about half of the records. An operator that promises to be row-local must give what
     it gave these records in a; every other one what it gives in
  d  on a file that holds only those records.
"""
import concurrent.futures
import json
import os
import pathlib
import random
import re
import unittest

import ophost_test as t
import random_text

PARITY = t.SOURCE / "tests/parity"
RESOURCES = PARITY / "resources"
PLACES = [word for folder in ("", "words", "models") for word in ("--resource-path", RESOURCES / folder)]
HALF = {"suffix_filter": {"suffixes": [".a"]}}  # leaves no statistic behind
RID = re.compile(rb'"rid"\s*:\s*(\d+)')
ABSENT = re.compile(r"the resource '.*' was not found|lib\w+\.so")  # models too large for the tests; a build without their library
UGLY = ("terminate called", "std::", "boost::", "what():", "Sanitizer", "Assertion")
RECORD_KINDS = ("mapper", "flat mapper", "filter")  # the others' promise is about the keys they compute, not what becomes of records
DRAWN = 40 if t.SOAK else 2


def recorded_cases(name):
    path = PARITY / "ops" / f"{name}.jsonl"
    if not path.exists():
        return []
    whole = path.read_text(encoding="utf-8").replace("${RES}", str(RESOURCES))
    return [json.loads(line) for line in whole.split("\n") if line]


class Draw:
    """Parameters for one operator."""

    def __init__(self, r, op):
        self.r = r
        self.properties = op["params_schema"].get("properties", {})
        self.cases = recorded_cases(op["name"])
        self.seen = {}
        for case in self.cases:
            for key, value in (case.get("params") or {}).items():
                self.seen.setdefault(key, []).append(value)

    def number(self, schema, whole):
        r = self.r
        low = schema.get("minimum", schema.get("exclusiveMinimum", -2))
        high = schema.get("maximum", schema.get("exclusiveMaximum", max(low, 0) + 60))
        choices = [low, high, r.uniform(low, high), r.uniform(low, min(high, low + 5))]
        if not whole:
            choices += [c for c in (0.1, 0.3, 0.5, 0.9) if low <= c <= high]
        value = r.choice(choices)
        return int(value) if whole else float(value)

    def value(self, schema):
        r = self.r
        if "enum" in schema:
            return r.choice(schema["enum"])
        types = schema.get("type", "null")
        kind = r.choice([types] if isinstance(types, str) else types)
        if kind == "boolean":
            return r.random() < 0.5
        if kind in ("integer", "number"):
            return self.number(schema, kind == "integer")
        if kind == "array":
            return [self.value(schema.get("items", {"type": "string"})) for _ in range(r.randint(0, 3))]
        if kind == "string":
            return r.choice(["", "a", "text", "n", "score", "score", "kind", "kind", "meta.lang", "no.such", "\\d+", "[a-z]+x?", " ", "字", r"(a)|\s"])
        return None if kind == "null" else {}

    def params(self):
        r = self.r
        out = dict(r.choice(self.cases).get("params") or {}) if self.cases and r.random() < 0.7 else {}
        for key, schema in self.properties.items():
            p = r.random()
            if p < 0.25 and self.seen.get(key):
                out[key] = r.choice(self.seen[key])
            elif p < 0.45:
                out[key] = self.value(schema)
        out.pop("stats_export_path", None)
        return out


class Data:
    """A file of records, and the file of those among them that HALF keeps."""

    def __init__(self, lines, folder):
        self.count = len(lines)
        self.kept = {rid for rid, suffix, _ in lines if suffix == ".a" and rid is not None}
        self.whole, self.half = folder / "in.jsonl", folder / "half.jsonl"
        self.whole.write_bytes(b"".join(line + b"\n" for _, _, line in lines))
        self.half.write_bytes(b"".join(line + b"\n" for _, suffix, line in lines if suffix == ".a"))


def shared_lines(r, count, largest):
    """(number, suffix, line); faulty lines have the number None."""
    out = []
    for number in range(count):
        record = random_text.record(r, number + 100, largest)
        out.append((record["rid"], record["__dj__suffix__"], random_text.line(r, record)))
        if r.random() < 0.004:
            out.append((None, None, random_text.faulty_line(r)))
    return out


def with_recorded(r, lines, cases):
    """`lines`, and among them the operator's recorded inputs with changes, which have the fields that it looks for."""
    inputs = [record for case in cases for record in case["input"] if isinstance(record, dict)]
    r.shuffle(inputs)
    more, size = [], 0
    for number, record in enumerate(inputs[:200]):
        changed = random_text.mutated(r, record) if r.random() < 0.7 else record
        suffix = ".a" if r.random() < 0.5 else ".b"
        if r.random() < 0.3:  # with its own fields alone: some operators want all fields to be of one kind
            suffix, line = ".b", random_text.line(r, changed)
        else:
            line = random_text.line(r, {"rid": 100000 + number, **random_text.everywhere(r), **changed, "__dj__suffix__": suffix})
        size += len(line)
        if size > 300000:
            break
        usable = isinstance(changed.get("text"), str)
        more.append((100000 + number if usable else None, suffix, line))
    out = more + lines
    r.shuffle(out)
    return out


class Result:
    def __init__(self, outcome, out, count):
        self.outcome, self.code = outcome, outcome.code
        self.lines = out.read_bytes().splitlines(keepends=True) if out.exists() and outcome.code == t.OK else []
        stats = out.with_name("out_stats.jsonl")
        self.stats = stats.read_bytes() if stats.exists() else b""
        self.quarantine, self.of_use = [], False
        if outcome.code != t.OK:
            return
        job = outcome.json()
        path = job["quarantine_file"]
        for entry in pathlib.Path(path).read_bytes().splitlines() if path else []:
            entry = json.loads(entry)
            self.quarantine.append((entry["operation_name"], entry["reason"], entry.get("raw", entry.get("raw_base64"))))
        self.quarantine.sort()
        self.faults = [f"{o['operation_name']}: {o['stats']} does not add up" for o in job["operators"] if not self.adds_up(o["stats"])]
        last = job["operators"][-1]["stats"]
        self.of_use = last["out"] + last["dropped"] + last["duplicates"] + last["grouped"] > 0
        if not job["conserved"]:
            self.faults.append("the job does not add up")

    @staticmethod
    def adds_up(s):
        return s["in"] + s["added"] == sum(s[k] for k in ("out", "dropped", "duplicates", "grouped", "quarantined", "discarded"))

    def by_rid(self, kept):
        out = {}
        for line in self.lines:
            found = RID.search(line)
            rid = int(found[1]) if found else None
            if rid in kept:
                out.setdefault(rid, []).append(line)
        return out


class Differential(t.Case):
    def run_once(self, folder, name, data, process, words):
        out = folder / name / "out.jsonl"
        recipe = folder / f"{name}.yaml"
        recipe.write_text(f"dataset_path: {json.dumps(str(data))}\nexport_path: {json.dumps(str(out))}\nkeep_stats_in_res_ds: true\n"
                          f"keep_hashes_in_res_ds: true\nopen_tracer: false\ncheckpoint: {{strategy: disabled}}\nprocess:\n{process}",
                          encoding="utf-8")
        outcome = t.call(t.OPHOST, "run", "--config", recipe, "--json", *PLACES, *words, cwd=folder,
                         env=t.environment(DATA_JUICER_EXTERNAL_MODELS_HOME=RESOURCES / "models"))
        return Result(outcome, out, 0)

    def first_difference(self, a, b):
        for number, (x, y) in enumerate(zip(a, b)):
            if x != y:
                at = next((i for i, (p, q) in enumerate(zip(x, y)) if p != q), min(len(x), len(y)))
                return f"item {number} differs at {at}: {x[max(0, at - 60):at + 60]!r} and {y[max(0, at - 60):at + 60]!r}; all of it: {x[:600]!r}"
        return f"{len(a)} and {len(b)} items; {(a + b)[min(len(a), len(b))][:300]!r} is in one alone" if len(a) != len(b) else "?"

    def compare(self, what, a, b):
        for part in ("lines", "quarantine"):
            x, y = getattr(a, part), getattr(b, part)
            if x != y:
                raise AssertionError(f"{what}: {part}: {self.first_difference(x, y)}")
        if a.stats != b.stats:
            raise AssertionError(f"{what}: statistics: {self.first_difference(a.stats.splitlines(), b.stats.splitlines())}")

    def check(self, op, entry, data, r, folder):
        """Raises AssertionError with a sentence; returns (the refusal when the parameters are refused, else None; whether
        the operator could do anything with any record)."""
        step = "".join("  " + line + "\n" for line in entry.splitlines())
        half = "  - " + json.dumps(HALF) + "\n"
        one = ["--workers", "1", "--partition.mode", "manual", "--partition.num_of_partitions", "1"]

        def other():
            size = r.choice([data.count // r.randint(2, 9) + 1, data.count // 30 + 1, r.randint(1000, 1100)])
            return ["--workers", r.randint(1, 4), "--partition.mode", "manual", "--partition.size", size]

        def sound(result):
            err = result.outcome.err
            if result.code not in (t.OK, t.FAILED, t.USAGE, t.PLUGIN, t.INPUT) or any(ugly in err for ugly in UGLY):
                raise AssertionError(f"crashed: {result.outcome}")
            if result.code != t.OK and not re.search("(?m)^error: ", err):
                raise AssertionError(f"failed without a sentence: {result.outcome}")
            if result.code == t.OK and result.faults:
                raise AssertionError("; ".join(result.faults))
            return result

        a = sound(self.run_once(folder, "a", data.whole, step, one))
        b = sound(self.run_once(folder, "b", data.whole, step, other()))
        if a.code != b.code:
            raise AssertionError(f"ends in another way with other partitions: {a.outcome}\n{b.outcome}")
        if a.code != t.OK:
            return a.outcome.err, False
        self.compare("other partitions and workers", a, b)
        if op["name"] in HALF:  # it would inherit its own parameters
            return None, a.of_use
        c = sound(self.run_once(folder, "c", data.whole, half + step, other()))
        if c.code != t.OK:
            raise AssertionError(f"fails behind a filter: {c.outcome}")
        if op["kind"] in RECORD_KINDS and "row-local" in op["promises"]:
            x, y = a.by_rid(data.kept), c.by_rid(data.kept)
            for rid in sorted(x.keys() | y.keys()):
                if x.get(rid) != y.get(rid):
                    raise AssertionError(f"record {rid} alone and among others: {self.first_difference(x.get(rid, []), y.get(rid, []))}")
        else:
            d = sound(self.run_once(folder, "d", data.half, step, one))
            if d.code != t.OK:
                raise AssertionError(f"fails on half of the records: {d.outcome}")
            if c.lines != d.lines:
                raise AssertionError(f"behind a filter and without what it drops: {self.first_difference(c.lines, d.lines)}")
        return None, a.of_use

    def runs_as_recorded(self, op, draw, folder):
        """Whether the operator does something in one of its recorded cases; chance alone may never fit its needs."""
        for number, case in enumerate(case for case in draw.cases[:12] if not case.keys() & {"error", "fatal"}):
            place = folder / f"recorded{number}"
            place.mkdir(parents=True)
            (place / "in.jsonl").write_bytes(b"".join(random_text.line(draw.r, record) + b"\n" for record in case["input"]) * 50)
            step = "  - " + json.dumps({op["name"]: case["params"]}) + "\n"
            a = self.run_once(place, "a", place / "in.jsonl", step, ["--workers", "1"])
            b = self.run_once(place, "b", place / "in.jsonl", step, ["--workers", "3", "--partition.mode", "manual", "--partition.size", "17"])
            if a.of_use:
                self.compare(f"{op['name']} in {case['case']}: other partitions and workers", a, b)
                return True
        return False

    def cover(self, op, base):
        """All runs of one operator; [failure], [refusal]."""
        r = random.Random(f"{t.SEED} {op['name']}")
        draw = Draw(r, op)
        folder = self.dir / op["name"]
        entries = [f"- {op['name']}:", op["example"]]
        entries += ["- " + json.dumps({op["name"]: draw.params()}, ensure_ascii=True) for _ in range(DRAWN)]
        failures, refusals, of_use = [], [], False
        for number, entry in enumerate(entries):
            place = folder / str(number)
            place.mkdir(parents=True)
            data = Data(with_recorded(r, base[r.randrange(len(base))], draw.cases), place)
            try:
                refusal, used = self.check(op, entry, data, r, place)
                of_use = of_use or used
                if refusal is not None:
                    refusals.append((entry, refusal))
            except AssertionError as error:
                failures.append(f"{op['name']} with\n{entry}\n{error}")
            except Exception as error:  # a hang, or output that is no JSON
                failures.append(f"{op['name']} with\n{entry}\n{type(error).__name__}: {error}")
            if not os.environ.get("OPHOST_KEEP"):
                t.shutil.rmtree(place, ignore_errors=True)
        absent = len(refusals) == len(entries) and all(ABSENT.search(refusal) for _, refusal in refusals)
        if not of_use and not failures and not absent and not self.runs_as_recorded(op, draw, folder):
            failures.append(f"{op['name']} did nothing for any record, whatever its parameters; refused: {refusals}")
        return failures, refusals

    def test_every_operator(self):
        r = random.Random(f"{t.SEED} records")
        base = [shared_lines(r, 1500, 7), shared_lines(r, 60, 16), shared_lines(r, 1100 + r.randint(0, 100), 8)]
        only = os.environ.get("OPHOST_ONLY", "").split()
        ops = [op for op in t.operators().values() if op["kind"] not in ("derived column", "observer")]
        ops = [op for op in ops if not only or op["name"] in only]
        self.assertGreater(len(ops), 0)
        failures, refused, idle = [], 0, []
        with concurrent.futures.ThreadPoolExecutor(max(2, (os.cpu_count() or 2))) as pool:
            for op, (wrong, refusals) in zip(ops, pool.map(lambda op: self.cover(op, base), ops)):
                failures += wrong
                refused += len(refusals)
                idle += [op["name"]] if len(refusals) == DRAWN + 2 else []
                for entry, refusal in refusals if os.environ.get("OPHOST_VERBOSE") else []:
                    print("refused:", entry, "\n   ", refusal.strip())
        print(f"{len(ops)} operators, {len(ops) * (DRAWN + 2)} sets of parameters, {refused} of them refused; refused with all of theirs: "
              f"{' '.join(idle) or 'none'}")
        if failures:
            self.fail(f"OPHOST_SEED={t.SEED}\n\n" + "\n\n".join(failures))


if __name__ == "__main__":
    t.main()
