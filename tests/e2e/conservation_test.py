"""Random recipes over random data with faults in it: no record is ever lost or doubled without being counted."""
import json
import pathlib
import random

import ophost_test as t
from bad_input_test import FAULTY

faulty = {line for line, _ in FAULTY}
PLUGIN = ["--plugin-path", t.PLUGINS / "probe_1_0_0.so"]


def draw_operator(r, offered):
    p = r.random()
    if p < 0.2:
        return {"e2e_probe_mapper": {"poison": r.choice(["science", "und", "的", "a", "и", "user1"]), "mark": r.choice(["", " x"]),
                                     "on_error": r.choice(["quarantine", "drop", "keep"])}}
    if p < 0.35:
        return {r.choice(t.DEDUPLICATORS): r.choice([None, {"lowercase": r.random() < 0.5}])}
    if p < 0.6:
        return {r.choice([m for m in t.MAPPERS if m in offered]): None}
    low, high = {"alphanumeric_filter": (0.2, 0.9), "special_characters_filter": (0.0, 0.6),
                 "character_repetition_filter": (0.0, 0.6), "word_repetition_filter": (0.0, 0.6)}.get(
                     name := r.choice(t.FILTERS), (0, 3000))
    unit, least = ("ratio", "ratio") if isinstance(high, float) else ("num", "num") if name == "words_num_filter" else ("len", "len")
    a, b = sorted([r.uniform(low, high), r.uniform(low, high)])
    if unit != "ratio":
        a, b = int(a / 30), int(b)
    else:
        a = a / 4
    return {name: {f"min_{least}": a, f"max_{unit}": b, "reversed_range": r.random() < 0.15,
                   "min_closed_interval": r.random() < 0.7, "max_closed_interval": r.random() < 0.7}}


class Conservation(t.Case):
    def one(self, r, number, offered):
        lines = t.corpus(r.randrange(1 << 30), r.randint(0, 500))
        lines += [line for line, _ in FAULTY if r.random() < 0.3 and not line.startswith(b"[")]
        lines += [b"", b"  "] * r.randint(0, 5)
        r.shuffle(lines)
        self.write("in.jsonl", [b'{"text": "a first line", "id": -1}'] + lines)
        process = [draw_operator(r, offered) for _ in range(r.randint(0, 9))]
        out = self.dir / f"job{number}" / "out.jsonl"
        keep_stats = r.random() < 0.3
        recipe = self.recipe(process, export_path=str(out), keep_stats_in_res_ds=keep_stats)
        words = [*PLUGIN, "--workers", r.choice([1, 2, 3, 4]), "--partition.mode", "manual", "--partition.size", r.choice([7, 50, 120, 1000]),
                 "--checkpoint.strategy", r.choice(["every_op", "every_n_ops", "disabled"])]
        result = self.run_job(recipe, *words)  # checks the equations
        present = 1 + sum(1 for line in lines if line.strip(b" \t\r"))
        self.assertEqual(result["input_records"], present)
        exported = out.read_bytes().split(b"\n")[:-1]
        self.assertEqual(len(exported), result["output_records"])
        quarantine = self.quarantine(result)
        self.assertEqual(len(quarantine), result["quarantined"])
        by_reader = sum(e["operation_name"] == "reader" for e in quarantine)
        self.assertEqual(by_reader, result["reader_quarantined"])
        for k, op in enumerate(result["operators"]):
            self.assertEqual(sum(e.get("operation_idx") == k for e in quarantine), op["stats"]["quarantined"])
        ids = [json.loads(line)["id"] for line in exported]
        self.assertEqual(len(set(ids)), len(ids), "a record left twice")
        order = {json.loads(line)["id"]: i for i, line in enumerate(lines) if line not in faulty and line.strip()}
        places = [order.get(i, -1) for i in ids]
        self.assertEqual(places, sorted(places), "records left in another order than they came")
        places = [(e["line"], e["byte_offset"]) for e in quarantine]
        self.assertEqual(places, sorted(places))
        self.assertEqual(len(set(places)), len(places), "a record is in quarantine twice")
        stats = pathlib.Path(str(out)[:-6] + "_stats.jsonl")
        if stats.exists():
            self.assertEqual(len(stats.read_bytes().split(b"\n")) - 1, result["output_records"])
        # The summary that stays says the same.
        summary = json.loads((pathlib.Path(result["job_folder"]) / "job_summary.json").read_text())
        self.assertEqual(summary["status"], "completed")
        for key in ("input_records", "output_records", "quarantined"):
            self.assertEqual(summary["result"][key], result[key])
        # And again, from what is stored: everything adds up in the same way.
        out.unlink()
        again = self.run_job(recipe, *words)
        self.assertEqual(out.read_bytes().split(b"\n")[:-1], exported)
        self.assertEqual([o["stats"]["out"] for o in again["operators"]], [o["stats"]["out"] for o in result["operators"]])
        self.assertEqual(len(self.quarantine(again)), len(quarantine))

    def test_random_recipes(self):
        offered = t.operators()
        for i in range(100 if t.SOAK else 25):
            r = random.Random(f"{t.SEED} {i}")
            with self.subTest(seed=t.SEED, recipe=i):
                self.one(r, i, offered)


if __name__ == "__main__":
    t.main()
