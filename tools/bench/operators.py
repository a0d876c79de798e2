#!/usr/bin/env python3
"""Measures every operator that ophost offers: MB of input per second of one core, through the host and its batches.

  operators.py --ophost build/release/bin/ophost --corpus DIR [--rounds 3] [--only NAME,NAME] [--markdown]

Each operator runs alone, with the parameters of its example, one worker and no checkpoints, on DIR/c30.jsonl. An operator
that looks for fields which that corpus does not have runs on its recorded inputs (tests/parity/ops), repeated up to
8 MB; one that reads whole records runs on both. MB are of the text of the records that came to it (`text_key`), or of the whole lines where it reads others.

  inside   by the time in the operator's own code, as the host counts it; best of the rounds. What else runs on the machine
           can make it slower than it is
  whole    by the CPU seconds of the job less those of the same job without operators: what the host does for the operator
           (finding the columns, writing changed records) is in it. "-" where that is less than the noise of 20 ms
Both are at most what the operator can do; the greater one is shown first (`whole` only from 0.1 s on). Deduplicators, selectors and
groupers work between passes, which `inside` does not hold: there it is always `whole`.

--markdown prints the table of docs/performance.md, fastest last. As root, the jobs run before all others.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PARITY = os.path.join(HERE, "..", "..", "tests", "parity")
RESOURCES = os.path.abspath(os.path.join(PARITY, "resources"))
STEPS = ("deduplicator", "selector", "grouper", "aggregator")
NOISE = 0.02


def favoured():
    """Before all other work of the machine, where that is permitted: what waits is not what is measured."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        pass


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.ophost = os.path.abspath(arguments.ophost)
        self.folder = tempfile.mkdtemp(prefix="ophost-bench-", dir=arguments.scratch)
        self.corpus = os.path.abspath(os.path.join(arguments.corpus, "c30.jsonl"))
        if not os.path.exists(self.corpus):
            sys.exit("%s is missing; tools/bench/corpus.sh makes it" % self.corpus)
        with open(self.corpus, encoding="utf-8") as lines:
            self.text_bytes = sum(len(json.loads(line)["text"].encode()) for line in lines)
        self.idle = {}

    def run(self, data, process):
        """(CPU seconds, the job's JSON) or (None, the reason)."""
        work = os.path.join(self.folder, "job")
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        with open(work + "/recipe.yaml", "w", encoding="utf-8") as file:
            file.write("dataset_path: %s\nexport_path: %s/out.jsonl\ncheckpoint: {strategy: disabled}\nprocess:%s\n"
                       % (data, work, process))
        command = [self.ophost, "run", "--config", work + "/recipe.yaml", "--json", "--workers", "1"]
        for place in ("", "words", "models"):
            command += ["--resource-path", os.path.join(RESOURCES, place)]
        with open(work + "/out", "wb") as out, open(work + "/err", "wb") as err:
            child = subprocess.Popen(command, cwd=work, stdout=out, stderr=err, preexec_fn=favoured)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            with open(work + "/err", errors="replace") as err:
                return None, err.read().strip().replace("\n", " ")
        with open(work + "/out", encoding="utf-8") as out:
            return usage.ru_utime + usage.ru_stime, json.load(out)

    def idle_cpu(self, data):
        if data not in self.idle:
            self.idle[data] = min(self.run(data, " []")[0] for _ in range(5))
        return self.idle[data]

    def cases(self, name):
        path = os.path.join(PARITY, "ops", name + ".jsonl")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as cases:
            whole = cases.read().replace("${RES}", RESOURCES)
        return [json.loads(case) for case in whole.split("\n") if case]

    def recorded(self, name, cases=None):
        """A file of the inputs of the operator's recorded cases, over and over; None when there are none."""
        lines = [json.dumps(record, ensure_ascii=False) for case in cases or self.cases(name) for record in case["input"]
                 if record.get("text") is not None]
        lines = [line for line in lines if line.isprintable() or line.isascii()]
        if not lines:
            return None
        data = os.path.join(self.folder, name + ".jsonl")
        with open(data, "w", encoding="utf-8", errors="replace") as out:
            once = "".join(line + "\n" for line in lines)
            out.write(once * max(1, 8_000_000 // len(once.encode("utf-8", "replace"))))
        return data

    def inputs(self, op):
        """The files to run `op` on, with their names."""
        reads = " ".join(op["reads"])
        recorded = None if "$text_key" in reads else self.recorded(op["name"])
        out = [] if recorded and reads and "$record" not in reads else [(self.corpus, "c30")]
        return out + ([(recorded, "recorded inputs")] if recorded else [])

    def measure_case(self, op):
        """As measure, with the parameters and the input of the first recorded case that runs."""
        for case in self.cases(op["name"])[:12]:
            data = self.recorded(op["name"], [case])
            if data and not case.keys() & {"error", "fatal"}:
                self.idle.pop(data, None)
                entry = "- " + json.dumps({op["name"]: case["params"]})
                figures = self.measure({**op, "example": entry}, data, "a recorded case")
                if figures[1]:
                    return figures
        return None

    def measure(self, op, data, where):
        """(MB/s, which, MB/s with the host, what it ran on, a remark)"""
        size = self.text_bytes if data == self.corpus else os.path.getsize(data)
        process = "\n" + "".join("  " + line + "\n" for line in op["example"].splitlines())
        idle, best_cpu, best_busy = self.idle_cpu(data), None, None
        for _ in range(self.arguments.rounds):
            cpu, job = self.run(data, process)
            if cpu is None:
                return None, "", None, where, job
            stats = job["operators"][0]["stats"]
            if 2 * stats["quarantined"] > stats["in"]:
                return None, "", None, where, "%d of %d records lack what it needs" % (stats["quarantined"], stats["in"])
            best_cpu = min(cpu, best_cpu or cpu)
            best_busy = min(stats["busy_ns"] / 1e9, best_busy or 1e9)
        whole = size / 1e6 / (best_cpu - idle) if best_cpu - idle > NOISE else None
        touched = sum(stats[k] for k in ("dropped", "duplicates", "grouped", "added", "edited", "quarantined"))
        remark = "%d of %d records touched" % (min(touched, stats["in"]), stats["in"])
        inside = size / 1e6 / max(best_busy, 1e-9)
        if op["kind"] in STEPS or (whole and best_cpu - idle > 5 * NOISE and whole > inside):
            return whole, "whole", whole, where, remark
        return inside, "inside", whole, where, remark


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ophost", required=True)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="operators' names, separated by commas")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--scratch", help="where the work folders go; default: the system's temporary folder")
    arguments = parser.parse_args()
    ops = json.loads(subprocess.run([arguments.ophost, "ops", "--json"], stdout=subprocess.PIPE, check=True).stdout)
    wanted = [name for name in arguments.only.split(",") if name]
    ops = [op for op in ops if op["kind"] not in ("derived column", "observer") and (not wanted or op["name"] in wanted)]
    bench, rows = Bench(arguments), []
    try:
        for op in ops:
            for data, name in bench.inputs(op):
                figures = bench.measure(op, data, name)
                if not figures[1]:  # the example wants fields or models that are not there
                    figures = bench.measure_case(op) or figures
                speed, which, whole, where, remark = figures
                rows.append((speed or 1e9, op["name"], which, whole, where, remark))
                if not arguments.markdown:
                    print("%-46s %8s MB/s %-6s  whole %8s  %s, %s" % (op["name"], figure(speed), which, figure(whole), where, remark))
                    sys.stdout.flush()
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    if arguments.markdown:
        print("| operator | MB/s | with the host | input | |\n|---|---|---|---|---|")
        for speed, name, which, whole, where, remark in sorted(rows):
            shown = figure(None if speed == 1e9 else speed)
            print("| %s | %s%s | %s | %s | %s |" % (name, shown, "" if which == "inside" else " (whole)", figure(whole), where, remark))


def figure(value):
    return "-" if value is None else "%.0f" % value if value >= 10 else "%.1f" % value


if __name__ == "__main__":
    main()
