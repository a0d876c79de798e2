#!/usr/bin/env python3
"""Runs check_parity.py over what this build offers, so that a new operator is covered the day it appears.

  run_parity.py ops OPHOST        every operator of `ophost ops` with recorded cases, and the pipelines made of them
  run_parity.py recipes OPHOST    the whole recipes of recipes/ whose operators all exist

Exit code: 0 all equal to Data-Juicer 1.6.1; 1 something differs; 77 nothing to compare (ctest counts it as skipped).
"""

import json, os, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77
LIBRARIES = ["libophost_sentencepiece.so", "libophost_hf_tokenizer.so"]  # what operators with models open


def offered(ophost):
    """The names of the operators that this build offers for a recipe's process."""
    listing = subprocess.run([ophost, "ops", "--json"], stdout=subprocess.PIPE, check=True).stdout
    names = set()
    for op in json.loads(listing):
        if op["kind"] not in ("derived column", "observer"):
            names.update([op["name"], *op.get("aliases", [])])
    return names


def beside_plugins(ophost, library):
    return os.path.exists(os.path.join(os.path.dirname(ophost), "../lib/ophost/plugins", library))


def uses_only(process, names):
    return all(name in names for step in process for name in step)


def check(ophost, *arguments):
    command = [sys.executable, os.path.join(HERE, "check_parity.py")]
    command += ["--cmd", "'%s' run --quiet --config {config}" % ophost]
    command += ["--resources", os.path.join(HERE, "resources"), *arguments]
    missing = [library for library in LIBRARIES if not beside_plugins(ophost, library)]
    if missing:
        print("cases with models left out, this build lacks", " ".join(missing))
    else:
        command.append("--models")
    return subprocess.run(command).returncode


# Many cases in one run get ids of their own; what an operator makes of the id would then differ from what was recorded.
READS_IDS = {"agent_dialog_normalize_mapper"}


def ops(ophost, names):
    recorded = {file[:-6] for file in os.listdir(os.path.join(HERE, "ops"))}
    alone = sorted(names & recorded & READS_IDS)
    failed = check(ophost, "--dir", HERE, "--ops", ",".join(alone)) if alone else 0
    with tempfile.TemporaryDirectory(prefix="ophost-parity-") as folder:
        os.mkdir(folder + "/ops")
        for name in (names & recorded) - READS_IDS:
            os.symlink("%s/ops/%s.jsonl" % (HERE, name), "%s/ops/%s.jsonl" % (folder, name))
        with open(HERE + "/ops/pipelines.jsonl", encoding="utf-8") as cases:
            usable = [line for line in cases if uses_only(json.loads(line)["process"], names)]
        with open(folder + "/ops/pipelines.jsonl", "w", encoding="utf-8") as out:
            out.writelines(usable)
        print("without recorded cases:", " ".join(sorted(names - recorded)) or "none")
        return check(ophost, "--batch", "--dir", folder) or failed


def recipes(ophost, names):
    usable = []
    for name in sorted(os.listdir(HERE + "/recipes")):
        path = "%s/recipes/%s/recipe.json" % (HERE, name)
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            process = json.load(file)["process"]
        missing = sorted({op for step in process for op in step} - names)
        if missing:
            print("%-40s left out, needs %s" % (name, ", ".join(missing)))
        else:
            usable.append(name)
    if not usable:
        print("skipped: no recipe has all its operators yet")
        return SKIPPED
    return check(ophost, "--recipes", "--only", ",".join(usable))


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("ops", "recipes"):
        print(__doc__, file=sys.stderr)
        return 2
    ophost = os.path.abspath(sys.argv[2])
    names = offered(ophost)
    return ops(ophost, names) if sys.argv[1] == "ops" else recipes(ophost, names)


if __name__ == "__main__":
    sys.exit(main())
