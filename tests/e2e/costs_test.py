"""`ophost plan --costs` and `checkpoint.strategy: auto`: what is measured, that nothing is left behind, which borders are
chosen, and that a resumed job finds the checkpoints of its first run. How long something takes is compared only where the
answers lie orders of magnitude apart.
"""
import gzip
import json
import os
import unittest

import ophost_test as t

PROBE, ZOO = t.PLUGINS / "probe_1_0_0.so", t.PLUGINS / "zoo.so"


def probe(microseconds, mark=""):
    return {"e2e_probe_mapper": {"sleep_us": microseconds, "mark": mark}}


class Costs(t.Case):
    def costs(self, recipe, *words):
        return self.ophost("plan", recipe, "--costs", "--json", "--plugin-path", PROBE, *words).json()["costs"]

    def test_nothing_is_left_behind(self):
        self.write("in.jsonl", t.corpus(1, 500))
        recipe = self.recipe(t.whole_recipe())
        before = sorted(p.name for p in self.dir.rglob("*"))
        out = self.ophost("plan", recipe, "--costs").out
        self.assertEqual(sorted(p.name for p in self.dir.rglob("*")), before)
        for words in ("document_minhash_deduplicator", "every_n_ops (5)", "every_op", "disabled", "auto", "Not measured:", "Estimated run:",
                      "smaller partitions lose less", "committing a task takes"):
            self.assertIn(words, out)
        # Beside a store that is there, too.
        self.run_job(recipe, "--job_id", "j")
        files = {p: p.stat().st_mtime_ns for p in self.dir.rglob("*") if p.is_file() and p.name != "lock.mdb"}
        self.ophost("plan", recipe, "--costs", "--job_id", "j")
        self.assertEqual({p: p.stat().st_mtime_ns for p in self.dir.rglob("*") if p.is_file() and p.name != "lock.mdb"}, files)

    def test_a_small_input_is_counted_exactly(self):
        # Below the least that is measured the sample is the input: every operator but those behind a deduplicator gets
        # what it gets in the run.
        self.write("in.jsonl", t.corpus(2, 800))
        process = [op for op in t.whole_recipe() if "deduplicator" not in next(iter(op))]
        recipe = self.recipe(process)
        costs = self.costs(recipe, "--measure-seconds", "120", "--workers", "2")
        result = self.run_job(recipe)
        self.assertEqual(round(costs["records"]), result["input_records"])
        self.assertEqual(costs["sampled_records"], result["input_records"])
        for estimate, real in zip(costs["operators"], result["operators"]):
            self.assertTrue(estimate["measured"])
            self.assertEqual(round(estimate["input_rows"]), real["stats"]["in"], estimate)
            self.assertEqual(round(estimate["output_rows"]), real["stats"]["out"], estimate)
        kept = sum(p.stat().st_size for p in (self.dir / "out").glob("out*.jsonl"))
        self.assertAlmostEqual(costs["output_bytes"] / kept, 1, delta=0.02)

    def test_a_slow_operator_is_seen_and_bounds_nothing(self):
        self.write("in.jsonl", t.corpus(3, 20000))
        recipe = self.recipe([probe(0), {"text_length_filter": {"min_len": 10}}, probe(20000, "!")])
        costs = self.costs(recipe, "--workers", "1")
        slow = costs["operators"][2]
        self.assertGreater(slow["seconds"], 0.9 * 0.02 * slow["input_rows"])
        self.assertGreater(slow["seconds"], 50 * (costs["operators"][0]["seconds"] + costs["operators"][1]["seconds"]))
        self.assertGreater(slow["input_rows"], 10000)
        self.assertGreater(costs["wall_seconds"], 200)
        self.assertLess(costs["measuring_seconds"], 60, "minutes of work were measured in seconds")

    def test_selectors_groups_and_made_records(self):
        offered = t.operators()
        self.write("in.jsonl", t.corpus(4, 600))
        for name, params, behind in (("random_selector", {"select_ratio": 0.5}, True), ("key_value_grouper", None, False)):
            if name not in offered:
                continue
            params = params or {"group_by_keys": ["meta.source"]}
            costs = self.costs(self.recipe([{"clean_email_mapper": None}, {name: params}, {"clean_links_mapper": None}]))
            self.assertTrue(costs["operators"][1]["measured"], name)
            self.assertEqual(costs["operators"][2]["measured"], behind, name)
            self.assertIn(name, " ".join(costs["not_measured"]))

    def test_compressed_and_weighted_input(self):
        lines = t.corpus(10, 4000)
        self.write("in.jsonl", lines)
        self.write("in.jsonl.gz", gzip.compress(b"".join(line + b"\n" for line in lines)))
        for dataset, workers in ((self.dir / "in.jsonl.gz", 1), (f"0.25 {self.dir / 'in.jsonl'}", 2), ([str(self.dir / "in.jsonl"), str(self.dir / "in.jsonl.gz")], 2)):
            recipe = self.recipe([{"clean_email_mapper": None}, {"text_length_filter": {"min_len": 200}}],
                                 dataset_path=dataset if isinstance(dataset, list) else str(dataset))
            costs = self.costs(recipe, "--workers", workers)
            result = self.run_job(recipe)
            self.assertAlmostEqual(costs["records"] / result["input_records"], 1, delta=0.35, msg=str(dataset))
            self.assertAlmostEqual(costs["operators"][1]["output_rows"] / result["output_records"], 1, delta=0.35, msg=str(dataset))

    def test_what_is_stored_need_not_be_done(self):
        self.write("in.jsonl", t.corpus(5, 3000))
        recipe = self.recipe([probe(3000), {"text_length_filter": {"min_len": 10}}], checkpoint={"strategy": "every_op"})
        words = ["--plugin-path", PROBE, "--workers", "2"]
        self.run_job(recipe, *words)
        costs = self.costs(recipe, "--workers", "2", "--text_length_filter.min_len", "20")
        slow = 3000 * 0.003 / 2  # what it sleeps, by two workers, at least
        self.assertGreater(costs["wall_seconds"], slow * 0.9)
        # Under a sanitizer the rest is slow too; what the operator sleeps is gone all the same.
        left = costs["wall_seconds"] - slow * 0.9 if t.SANITIZED else costs["wall_seconds"] / 10
        self.assertLess(costs["wall_seconds_now"], left, "the slow operator is behind its checkpoint")

    def test_mistakes(self):
        self.write("in.jsonl", t.corpus(6, 20))
        recipe = self.recipe([{"clean_email_mapper": None}])
        self.refused(t.USAGE, "plan", "--config", recipe, "--costs", "--measure-seconds", "0", says=["--measure-seconds"])
        self.write("in.jsonl", b"")
        self.assertEqual(self.costs(recipe)["sampled_records"], 0)


class Auto(t.Case):
    """The guide's recommendations on operators that sleep: what they cost is their sleep times the records."""

    def choice(self, process, records):
        self.write("in.jsonl", [json.dumps({"text": f"word {i}"}).encode() for i in range(records)])
        recipe = self.recipe(process, checkpoint={"strategy": "auto"}, partition={"mode": "manual", "num_of_partitions": 4})
        return self.ophost("plan", recipe, "--costs", "--json", "--plugin-path", PROBE, "--workers", "2").json()["costs"]

    def test_short_runs_keep_nothing(self):
        costs = self.choice([probe(0, str(i)) for i in range(12)], 5000)
        self.assertEqual((costs["auto"]["like"], costs["auto"]["checkpoint_after"]), ("disabled", []))

    def test_half_an_hour_is_kept_every_five_operators(self):
        # 12 operators x 20,000 records x 15 ms with 2 workers: half an hour; twice as long would still be under an hour.
        costs = self.choice([probe(15000, str(i)) for i in range(12)], 20000)
        self.assertEqual((costs["auto"]["like"], costs["auto"]["checkpoint_after"]), ("every_n_ops", [4, 9]), costs["auto"])

    def test_hours_are_kept_behind_the_expensive_operators(self):
        process = [probe(0, "a"), probe(0, "b"), probe(200000, "c"), probe(0, "d"), probe(0, "e"), probe(0, "f"), probe(300000, "g"), probe(0, "h")]
        costs = self.choice(process, 100000)
        self.assertEqual((costs["auto"]["like"], costs["auto"]["checkpoint_after"]), ("manual", [2, 6]), costs["auto"])
        self.assertEqual([o["expensive"] for o in costs["operators"]], [False, False, True, False, False, False, True, False])

    def borders(self, job):
        return json.loads((self.dir / "out" / job / "metadata" / "checkpoint_borders.json").read_text())

    def test_a_resumed_job_looks_where_its_first_run_put_its_taps(self):
        self.write("in.jsonl", t.corpus(7, 400))
        recipe = self.recipe([probe(0, "1"), probe(0, "2"), probe(0, "3")], checkpoint={"strategy": "auto"})
        words = ["--plugin-path", PROBE]
        # As if the first run had been a long one.
        path = self.dir / "out" / "long" / "metadata" / "checkpoint_borders.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"like": "manual", "checkpoint_after": [1], "operators": ["e2e_probe_mapper"] * 3}))
        first = self.run_job(recipe, "--job_id", "long", *words)
        whole = t.sha(first["files"][0]["path"])
        changed = ["--e2e_probe_mapper#3.mark", "?"]
        actions = [a for a, _ in self.plan(recipe, "--job_id", "long", *words, *changed).values()]
        self.assertEqual(actions, ["reuse", "reuse", "run"])
        again = self.run_job(recipe, "--job_id", "long", *words, *changed)
        self.assertEqual([o["partitions_run"] for o in again["operators"]], [0, 0, 1])
        self.assertEqual(self.borders("long")["checkpoint_after"], [1])
        self.assertEqual(t.sha(self.run_job(recipe, "--job_id", "long", *words)["files"][0]["path"]), whole)
        self.run_job(recipe, "--job_id", "short", "--e2e_probe_mapper.mark", "0", *words)
        self.assertEqual(self.borders("short")["checkpoint_after"], [], "it really is short")

    def test_another_recipe_keeps_the_taps_before_the_change(self):
        self.write("in.jsonl", t.corpus(8, 300))
        words = ["--plugin-path", PROBE, "--job_id", "j"]
        path = self.dir / "out" / "j" / "metadata" / "checkpoint_borders.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"checkpoint_after": [0, 2], "operators": ["e2e_probe_mapper", "clean_email_mapper", "clean_ip_mapper"]}))
        recipe = self.recipe([probe(0), {"clean_email_mapper": None}, {"clean_links_mapper": None}], checkpoint={"strategy": "auto"})
        self.run_job(recipe, *words)
        self.assertEqual(self.borders("j")["checkpoint_after"], [0])
        self.assertEqual(self.borders("j")["operators"][2], "clean_links_mapper")

    def test_a_memory_that_is_none(self):
        self.write("in.jsonl", t.corpus(12, 100))
        recipe = self.recipe([{"clean_email_mapper": None}], checkpoint={"strategy": "auto"})
        path = self.dir / "out" / "j" / "metadata" / "checkpoint_borders.json"
        path.parent.mkdir(parents=True)
        for n, rubbish in enumerate(["", "{", "[]", '{"checkpoint_after": [-1], "operators": ["clean_email_mapper"]}',
                                     '{"checkpoint_after": "0", "operators": 1}']):
            path.write_text(rubbish)
            self.run_job(recipe, "--job_id", "j", "--clean_email_mapper.repl", str(n))
            self.assertEqual(self.borders("j")["checkpoint_after"], [], rubbish)
            path.write_text('{"checkpoint_after": [0, 7], "operators": ["clean_email_mapper"]}')
            self.run_job(recipe, "--job_id", "j", "--clean_email_mapper.repl", f"{n}!")
            self.assertEqual(self.borders("j")["checkpoint_after"], [0, 7], "what there is no operator for is no trouble")
            self.run_job(recipe, "--job_id", "j", "--fresh")
            self.assertEqual(self.borders("j")["checkpoint_after"], [])

    def test_the_output_does_not_depend_on_the_choice(self):
        self.write("in.jsonl", t.corpus(9, 700))
        shas = set()
        for n, (words, borders) in enumerate([(["--checkpoint.strategy", "disabled"], None), ([], None), ([], [0, 3]),
                                              (["--isolation", "thread"], [2])]):
            job = f"j{n}"
            recipe = self.recipe(t.whole_recipe(), checkpoint={"strategy": "auto"}, export_path=str(self.dir / job / "out.jsonl"))
            if borders is not None:
                path = self.dir / job / job / "metadata" / "checkpoint_borders.json"
                path.parent.mkdir(parents=True)
                path.write_text(json.dumps({"checkpoint_after": borders, "operators": [next(iter(o)) for o in t.whole_recipe()]}))
            self.run_job(recipe, "--job_id", job, *words)
            shas.add(t.sha(self.dir / job / "out.jsonl"))
        self.assertEqual(len(shas), 1)

    @unittest.skipUnless(ZOO.exists(), "the zoo is not built")
    def test_an_operator_that_crashes_while_it_is_measured_costs_the_choice_only(self):
        lines = [json.dumps({"text": f"word {i}" + (" MISDEED" if i == 7 else "")}).encode() for i in range(200)]
        self.write("in.jsonl", lines)
        recipe = self.recipe([{"zoo_mapper": {"fault": "segv", "marker": "MISDEED"}}], checkpoint={"strategy": "auto"})
        words = ["--job_id", "j", "--plugin-path", ZOO]
        # Sanitizers would take the signal for their own, and the crash for an end of the process.
        env = t.environment(**{s: os.environ.get(s, "") + ":handle_segv=0" for s in ("ASAN_OPTIONS", "TSAN_OPTIONS")})
        self.refused(t.PLUGIN, "plan", "--config", recipe, "--costs", *words, env=env, says=["crashed while it was measured", "Segmentation fault"])
        self.assertIn("could not be measured", self.ophost("plan", recipe, *words, env=env).out)
        result = self.run_job(recipe, *words, env=env)
        self.assertEqual((result["quarantined"], result["output_records"]), (1, 199))
        self.assertIn("could not be measured", self.borders("j")["reason"])


class Cut(t.Case):
    """partition.mode: auto."""

    def test_every_partition_is_half_to_one_and_a_half_of_the_target(self):
        target = 1 << 20
        for n in range(12):
            longest = self.random.choice([200, 5000, 60000, 400000])
            lines, size, wanted = [], 0, self.random.randint(1, 9) * target // 2 + self.random.randint(-5000, 5000)
            while size < wanted:
                lines.append(json.dumps({"text": "x" * self.random.randint(0, longest)}).encode())
                size += len(lines[-1]) + 1
            self.write("in.jsonl", lines)
            most = max(map(len, lines)) + 1
            recipe = self.recipe([], partition={"target_size_mb": 1})
            self.run_job(recipe, "--job_id", f"j{n}")
            parts = json.loads((self.dir / "out" / f"j{n}" / "metadata" / "partitions.json").read_text())["partitions"]
            self.assertEqual(sum(p["end"] - p["begin"] for p in parts), size)
            self.assertEqual(sum(p["lines"] for p in parts), len(lines))
            cut = self.ophost("plan", recipe, "--json").json()["partitioning"]
            self.assertEqual((cut["smallest_bytes"], cut["largest_bytes"]),
                             (min(p["end"] - p["begin"] for p in parts), max(p["end"] - p["begin"] for p in parts)))
            for p in parts if len(parts) > 1 else []:
                # To within the record that lies across the border.
                self.assertGreaterEqual(p["end"] - p["begin"], target / 2 - most, (n, parts))
                self.assertLessEqual(p["end"] - p["begin"], target * 1.5 + most, (n, parts))

    def test_a_single_larger_record_makes_a_larger_partition(self):
        lines = [json.dumps({"text": "x" * 1000}).encode()] * 500 + [json.dumps({"text": "y" * (3 << 20)}).encode()] + \
                [json.dumps({"text": "z" * 1000}).encode()] * 2500
        self.write("in.jsonl", lines)
        self.run_job(self.recipe([], partition={"target_size_mb": 1}), "--job_id", "j")
        parts = json.loads((self.dir / "out" / "j" / "metadata" / "partitions.json").read_text())["partitions"]
        sizes = [p["end"] - p["begin"] for p in parts]
        self.assertEqual(len([s for s in sizes if s > 1.6 * (1 << 20)]), 1, sizes)
        self.assertGreaterEqual(max(sizes), 3 << 20)

    def test_plan_says_how_records_and_partitions_are(self):
        lines = [json.dumps({"text": "x" * (i % 100)}).encode() for i in range(3000)]
        self.write("in.jsonl", lines)
        recipe = self.recipe([{"clean_email_mapper": None}])
        cut = self.ophost("plan", recipe, "--json", "--workers", "4").json()["partitioning"]
        sizes = sorted(map(len, lines))
        self.assertEqual(cut["record_bytes"], {"sampled": 3000, "p50": sizes[2999 // 2], "p90": sizes[2999 * 9 // 10], "max": sizes[-1]})
        self.assertEqual((cut["mode"], cut["modality"], cut["lines"], cut["workers"]), ("auto", "text", 3000, 4))
        self.assertEqual(cut["modality_defaults"], {"records": 10000, "most_records": 50000, "memory": 1.0})
        out = self.ophost("plan", recipe, "--workers", "4").out
        self.assertIn("1 partition cut at 8.4 MB", out)
        self.assertIn("about 3,000 records each for 4 workers", out)
        self.assertIn("fewer partitions than workers: 3 would have nothing to do", out)


if __name__ == "__main__":
    t.main()
