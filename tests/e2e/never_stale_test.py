"""Nothing stale is ever reused, nothing more than needed is run again, and `ophost plan` says why.

Every test makes one change to a finished job, in a copy of its work folder, and compares the plan, what the run then does,
and its output with that of a run that starts from nothing.
"""
import json
import os
import shutil

import ophost_test as t

SIZE = ["--partition.mode", "manual", "--partition.size", "100"]
EVERY_OP = ["--checkpoint.strategy", "every_op"]
PROBE = t.PLUGINS / "probe_1_0_0.so"
# Record-local operators, a barrier, record-local operators: what changes reaches differently far in the three.
PROCESS = [
    {"punctuation_normalization_mapper": None},
    {"text_length_filter": {"min_len": 10}},
    {"e2e_probe_mapper": {"mark": " #"}},
    {"words_num_filter": {"min_num": 2}},
    {"document_deduplicator": None},
    {"special_characters_filter": {"max_ratio": 0.5}},
    {"whitespace_normalization_mapper": None},
]
BARRIER = 4
LOCAL = PROCESS[:4]


def change(process, index, params):
    out = [dict(o) for o in process]
    name = next(iter(out[index]))
    out[index] = {name: params}
    return out


class NeverStale(t.Case):
    @classmethod
    def setUpClass(cls):
        cls.lines = t.corpus(23, 600)

    def setUp(self):
        super().setUp()
        self.cold_runs = 0

    def first(self, process, lines=None, plugin=PROBE, dataset="in.jsonl"):
        """The finished job that the change comes after."""
        self.write("in.jsonl" if dataset == "in.jsonl" else dataset + "/b.jsonl", lines or self.lines)
        self.dataset = str(self.dir / dataset)
        result = self.run_job(self.recipe(process, dataset_path=self.dataset), *SIZE, *EVERY_OP, "--plugin-path", plugin)
        self.partitions = result["partitions"]
        self.assertEqual(self.partitions, 6)
        return result

    def cold(self, process, plugin, words=(), **keys):
        """What a run gives that has nothing to reuse."""
        self.cold_runs += 1
        out = self.dir / f"cold{self.cold_runs}" / "out.jsonl"
        self.run_job(self.recipe(process, "cold.yaml", **{"dataset_path": self.dataset, **keys, "export_path": str(out)}), *SIZE,
                     "--plugin-path", plugin, "--workers", 1, "--checkpoint.strategy", "disabled", *words)
        return out

    def check(self, process, runs, plugin=PROBE, words=(), partitions=None, recipe=None, **keys):
        """The plan runs exactly what `runs(operator, partition)` says, with the reason it gives (a part of it), the
        run does so, and its output is a cold run's."""
        r = recipe or self.recipe(process, "changed.yaml", **{"dataset_path": self.dataset, **keys})
        command = [*SIZE, *EVERY_OP, "--plugin-path", plugin, *words]
        plan = self.plan(r, *command)
        n = partitions or self.partitions
        self.assertEqual(set(plan), {(k, p) for k in range(len(process)) for p in range(n)})
        for (k, p), (action, reason) in sorted(plan.items()):
            why = runs(k, p)
            with self.subTest(operator=k, partition=p):
                self.assertEqual(action, "run" if why else "reuse", f"{reason} (expected: {why})")
                self.assertIn(why or "stored", reason)
        result = self.run_job(r, *command)
        for k, op in enumerate(result["operators"]):
            if k == BARRIER and len(process) > BARRIER:  # its grouping is one task of all partitions
                self.assertEqual(op["partitions_run"] > 0, plan[k, 0][0] == "run", op["operation_name"])
                continue
            ran = sum(plan[k, p][0] == "run" for p in range(n))
            self.assertEqual((op["partitions_run"], op["partitions_reused"]), (ran, n - ran), op["operation_name"])
        out = json.loads(r.read_text())["export_path"]
        for option, value in zip(words, words[1:]):
            out = value if option == "--export_path" else out
        cold = self.cold(process, plugin, words=[w for w in words if not str(w).startswith(str(self.dir))
                                                 and w not in ("--export_path", "--work_dir", "--np")
                                                 and not str(w).isdigit()], **keys)
        self.assertEqual(t.sha(out), t.sha(cold), "the output is not that of a run from nothing")
        self.assertEqual(t.sha(out[:-6] + "_stats.jsonl"), t.sha(str(cold)[:-6] + "_stats.jsonl"))
        # And now that it is done there is nothing left to do.
        self.assertEqual({a for a, _ in self.plan(r, *command).values()}, {"reuse"})
        return result

    # ---- the recipe ----

    def test_nothing_changed(self):
        self.first(PROCESS)
        self.assertTrue(self.check(PROCESS, lambda k, p: None)["up_to_date"])

    def test_a_parameter(self):
        for index, params, says in [
                (1, {"min_len": 11}, "parameter min_len: 10 → 11"), (2, {"mark": " ##"}, 'parameter mark: " #" → " ##"'),
                (0, None, None), (BARRIER, {"lowercase": True}, "parameter lowercase: false → true"),
                (5, {"max_ratio": 0.25}, "parameter max_ratio: 0.5 → 0.25"), (6, None, None)]:
            with self.subTest(index=index):
                shutil.rmtree(self.dir / "out", ignore_errors=True)
                self.first(PROCESS)
                process = change(PROCESS, index, params)
                if says is None:  # the same parameters, written differently
                    self.check(process, lambda k, p: None)
                    continue
                name = next(iter(process[index]))
                after = f"after process[{index}] {name}, which changed: {says}"
                self.check(process, lambda k, p: None if k < index else says if k == index else after)

    def test_a_default_written_out_is_no_change(self):
        self.first(PROCESS)
        process = change(PROCESS, 1, {"min_len": 10, "max_len": 9223372036854775807})
        self.assertTrue(self.check(process, lambda k, p: None)["up_to_date"])

    def test_operators_swapped(self):
        self.first(PROCESS)
        process = [PROCESS[0], PROCESS[2], PROCESS[1], *PROCESS[3:]]
        self.check(process, lambda k, p: None if k < 1 else "the operator is another: was text_length_filter, is "
                   "e2e_probe_mapper" if k == 1 else "after process[1] e2e_probe_mapper, which changed")

    def test_swapped_behind_the_barrier(self):
        self.first(PROCESS)
        process = [*PROCESS[:5], PROCESS[6], PROCESS[5]]
        self.check(process, lambda k, p: None if k < 5 else "the operator is another" if k == 5 else "which changed")

    def test_an_operator_appended(self):
        for more in ({"text_length_filter": {"min_len": 40}}, {"document_minhash_deduplicator": None}):
            with self.subTest(more=more):
                shutil.rmtree(self.dir / "out", ignore_errors=True)
                self.first(LOCAL)
                self.check([*LOCAL, more] if "text_length_filter" in more else [*LOCAL, more],
                           lambda k, p: None if k < 4 else "the operator is new in the recipe")

    def test_an_operator_removed(self):
        self.first(PROCESS)
        self.check(PROCESS[:6], lambda k, p: None)
        shutil.rmtree(self.dir / "out")
        self.first(PROCESS)
        process = [PROCESS[0], *PROCESS[2:4]]
        self.check(process, lambda k, p: None if k < 1 else "the operator is another" if k == 1 else "which changed")

    def test_on_error_and_text_key(self):
        self.first(PROCESS)
        process = change(PROCESS, 2, {"mark": " #", "on_error": "drop"})
        self.check(process, lambda k, p: None if k < 2 else "on_error: quarantine → drop")
        shutil.rmtree(self.dir / "out")
        self.first(LOCAL)
        self.check(LOCAL, lambda k, p: "text_key", text_keys="id")

    def test_comments_and_order_of_keys(self):
        self.first(PROCESS)
        same = self.write("same.yaml", f"""# the same recipe, written by another hand
process:
  - punctuation_normalization_mapper:   # nothing to set
  - text_length_filter: {{min_len: 10.0}}
  - e2e_probe_mapper:
      poison: ''
      sleep_us: 0x0
      mark: ' #'
  - words_num_filter:
      max_num: 9223372036854775807
      min_num: 2
  - document_deduplicator: {{}}
  - special_characters_filter: {{max_ratio: 5.0e-1}}
  - whitespace_normalization_mapper

export_path: "{self.dir}/out/out.jsonl"    # where to
dataset_path: '{self.dir}/in.jsonl'
project_name: another name
""")
        words = [*SIZE, *EVERY_OP, "--plugin-path", PROBE]
        self.assertEqual({a for a, _ in self.plan(same, *words).values()}, {"reuse"})
        self.assertTrue(self.run_job(same, *words)["up_to_date"])

    def test_workers_paths_and_names(self):
        self.first(PROCESS)
        work = str(self.dir / "out")
        for words in (["--np", "3"], ["--export_path", str(self.dir / "elsewhere" / "o.jsonl"), "--work_dir", work]):
            with self.subTest(words=words):
                self.check(PROCESS, lambda k, p: None, words=words)
        os.rename(self.dir / "in.jsonl", self.dir / "moved.jsonl")
        self.dataset = str(self.dir / "moved.jsonl")
        self.check(PROCESS, lambda k, p: None, dataset_path=self.dataset)

    def test_other_export_is_written_though_everything_is_reused(self):
        self.first(PROCESS)
        r = self.recipe(PROCESS, keep_stats_in_res_ds=True)
        result = self.run_job(r, *SIZE, *EVERY_OP, "--plugin-path", PROBE)
        self.assertFalse(result["up_to_date"])
        self.assertEqual(sum(o["partitions_run"] for o in result["operators"]), 0)
        self.assertIn(b"__dj__stats__", (self.dir / "out/out.jsonl").read_bytes())

    def test_export_that_was_touched_is_written_again(self):
        self.first(PROCESS)
        out = self.dir / "out/out.jsonl"
        whole = t.sha(out)
        r = self.recipe(PROCESS)
        for spoil in (lambda: out.unlink(), lambda: out.write_bytes(out.read_bytes()[:-1]),
                      lambda: out.write_bytes(b"x" + out.read_bytes()[1:]),
                      lambda: (self.dir / "out/out_stats.jsonl").unlink()):
            spoil()
            result = self.run_job(r, *SIZE, *EVERY_OP, "--plugin-path", PROBE)
            self.assertFalse(result["up_to_date"])
            self.assertEqual(sum(o["partitions_run"] for o in result["operators"]), 0)
            self.assertEqual(t.sha(out), whole)
            self.assertTrue((self.dir / "out/out_stats.jsonl").exists())

    # ---- the plugin ----

    def test_plugin_rebuilt(self):
        for plugin, says in [("probe_1_1_0", "plugin org.example.e2e-probe 1.0.0 → 1.1.0"),
                             ("probe_1_0_0_changed", "changed although its version did not")]:
            with self.subTest(plugin=plugin):
                shutil.rmtree(self.dir / "out", ignore_errors=True)
                self.first(PROCESS)
                old = t.sha(self.dir / "out/out.jsonl")
                self.check(PROCESS, lambda k, p: None if k < 2 else says if k == 2 else says,
                           plugin=t.PLUGINS / f"{plugin}.so")
                self.assertNotEqual(t.sha(self.dir / "out/out.jsonl"), old, "the builds do not differ: nothing was shown")

    def test_plugin_rebuilt_under_the_same_path_and_job(self):
        """M2 of Data-Juicer: new code, same recipe, same job id, same file name."""
        os.makedirs(self.dir / "plug")
        here = self.dir / "plug" / "probe.so"
        shutil.copy(PROBE, here)
        self.first(PROCESS, plugin=here)
        r = self.recipe(PROCESS, job_id="same")
        words = [*SIZE, *EVERY_OP, "--plugin-path", here]
        self.run_job(r, *words)
        old = t.sha(self.dir / "out/out.jsonl")
        state = os.stat(here)
        os.unlink(here)
        shutil.copy(t.PLUGINS / "probe_1_0_0_changed.so", here)
        os.utime(here, ns=(state.st_atime_ns, state.st_mtime_ns))
        self.run_job(r, *words)
        self.assertNotEqual(t.sha(self.dir / "out/out.jsonl"), old)
        self.assertEqual(t.sha(self.dir / "out/out.jsonl"), t.sha(self.cold(PROCESS, here)))

    def test_match_version_accepts_a_rebuild_and_says_so(self):
        self.first(PROCESS)
        words = [*SIZE, *EVERY_OP, "--plugin-path", t.PLUGINS / "probe_1_0_0_changed.so"]
        self.assertEqual({a for a, _ in self.plan(self.recipe(PROCESS), *words, "--match", "version").values()}, {"reuse"})
        newer = [*SIZE, *EVERY_OP, "--plugin-path", t.PLUGINS / "probe_1_1_0.so"]
        plan = self.plan(self.recipe(PROCESS), *newer, "--match", "version")
        self.assertEqual(plan[2, 0][0], "run")
        self.assertEqual({a for a, _ in self.plan(self.recipe(PROCESS), *newer, "--match", "semantics").values()}, {"reuse"})

    # ---- the input ----

    def changed_byte(self):
        """The input with one letter of record 250 changed, of the same size and modification time."""
        path = self.dir / "in.jsonl"
        state = path.stat()
        lines = [json.dumps({"text": f"document {i} has these plain words in it", "id": i}).encode() for i in range(600)]
        lines[250] = lines[250].replace(b"plain", b"plein")
        self.write("in.jsonl", lines)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        now = path.stat()
        self.assertEqual((now.st_size, now.st_mtime_ns), (state.st_size, state.st_mtime_ns))

    def plain_lines(self):
        return [json.dumps({"text": f"document {i} has these plain words in it", "id": i}).encode() for i in range(600)]

    def test_one_byte_same_size_same_time(self):
        self.first(LOCAL, self.plain_lines())
        self.changed_byte()
        self.check(LOCAL, lambda k, p: "input changed" if p == 2 else None)
        self.assertIn(b"plein", (self.dir / "out/out.jsonl").read_bytes())

    def test_one_byte_with_a_barrier(self):
        self.first(PROCESS, self.plain_lines())
        self.changed_byte()
        self.check(PROCESS, lambda k, p: "input changed" if p == 2 else None if k < BARRIER else
                   "it sees the whole data set: input changed" if k == BARRIER else "a deduplicator before it sees the "
                   "whole data set: input changed")

    def test_input_replaced_under_the_same_job(self):
        """M1 of Data-Juicer."""
        self.first(PROCESS)
        r = self.recipe(PROCESS, job_id="same")
        words = [*SIZE, *EVERY_OP, "--plugin-path", PROBE]
        self.run_job(r, *words)
        self.write("in.jsonl", t.corpus(77, 600))
        self.assertEqual({a for a, _ in self.plan(r, *words).values()}, {"run"})
        self.run_job(r, *words)
        self.assertEqual(t.sha(self.dir / "out/out.jsonl"), t.sha(self.cold(PROCESS, PROBE)))

    def test_file_added(self):
        for name, old in (("c.jsonl", lambda p: p < 6), ("a.jsonl", lambda p: p >= 2)):
            with self.subTest(name=name):
                shutil.rmtree(self.dir / "out", ignore_errors=True)
                shutil.rmtree(self.dir / "data", ignore_errors=True)
                self.first(LOCAL, dataset="data")
                self.write("data/" + name, t.corpus(99, 200))
                self.check(LOCAL, lambda k, p: None if old(p) else "new input", partitions=8)

    def test_file_grown(self):
        self.first(LOCAL)
        self.write("in.jsonl", self.lines + t.corpus(99, 150))
        self.check(LOCAL, lambda k, p: None if p < 6 else "new input", partitions=8)

    def test_file_added_before_a_barrier(self):
        self.first(PROCESS, dataset="data")
        self.write("data/c.jsonl", t.corpus(99, 100))
        self.check(PROCESS, lambda k, p: "new input" if p == 6 else None if k < BARRIER else "whole data set: new input",
                   partitions=7)

    def test_file_removed(self):
        self.write("data/c.jsonl", t.corpus(99, 100))
        self.partitions = 7
        self.write("data/b.jsonl", self.lines)
        self.dataset = str(self.dir / "data")
        self.run_job(self.recipe(LOCAL, dataset_path=self.dataset), *SIZE, *EVERY_OP, "--plugin-path", PROBE)
        (self.dir / "data/c.jsonl").unlink()
        self.check(LOCAL, lambda k, p: None, partitions=6)
        self.assertEqual((self.dir / "out/out.jsonl").read_bytes().count(b"\n"),
                         self.cold(LOCAL, PROBE).read_bytes().count(b"\n"))

    def test_two_equal_files_keep_apart(self):
        """Equal content gives equal fingerprints: reuse between them is right, mixing their records is not."""
        lines = t.corpus(3, 100)
        for name in "abc":
            self.write(f"data/{name}.jsonl", lines)
        self.dataset = str(self.dir / "data")
        r = self.recipe(PROCESS, dataset_path=self.dataset)
        result = self.run_job(r, *SIZE, *EVERY_OP, "--plugin-path", PROBE)
        self.assertEqual(result["partitions"], 3)
        one = self.recipe(PROCESS, "one.yaml", dataset_path=str(self.dir / "data/a.jsonl"),
                          export_path=str(self.dir / "one/out.jsonl"))
        self.run_job(one, *SIZE, "--plugin-path", PROBE)
        self.assertEqual(t.sha(self.dir / "out/out.jsonl"), t.sha(self.dir / "one/out.jsonl"))
        again = self.recipe(LOCAL, "local.yaml", dataset_path=self.dataset, export_path=str(self.dir / "out/local.jsonl"))
        self.run_job(again, *SIZE, *EVERY_OP, "--plugin-path", PROBE)
        third = (self.dir / "out/local.jsonl").read_bytes()
        self.assertEqual(third, third[:len(third) // 3] * 3)

    # ---- reuse between strategies ----

    def test_change_without_a_checkpoint_before_it_says_why_more_runs(self):
        self.write("in.jsonl", self.lines)
        self.dataset = str(self.dir / "in.jsonl")
        words = [*SIZE, "--checkpoint.strategy", "manual", "--checkpoint.op_names", "text_length_filter", "--plugin-path", PROBE]
        self.run_job(self.recipe(PROCESS), *words)
        plan = self.plan(self.recipe(change(PROCESS, 3, {"min_num": 3})), *words)
        for p in range(6):
            self.assertEqual([plan[k, p][0] for k in range(7)], ["reuse", "reuse", "run", "run", "run", "run", "run"])
            self.assertIn("no checkpoint after it; the nearest is after process[1] text_length_filter", plan[2, p][1])
            self.assertIn("parameter min_num: 2 → 3", plan[3, p][1])

    def test_fresh_reuses_nothing_and_plan_changes_nothing(self):
        self.first(PROCESS)
        before = {f: f.stat().st_mtime_ns for f in (self.dir / "out").rglob("*") if f.name != "lock.mdb"}
        self.plan(self.recipe(change(PROCESS, 0, None)), *SIZE, "--plugin-path", PROBE)
        self.assertEqual(before, {f: f.stat().st_mtime_ns for f in (self.dir / "out").rglob("*") if f.name != "lock.mdb"})
        result = self.run_job(self.recipe(PROCESS), *SIZE, *EVERY_OP, "--plugin-path", PROBE, "--fresh")
        self.assertEqual({o["partitions_reused"] for o in result["operators"]}, {0})

    def test_plan_before_anything_ran(self):
        self.write("in.jsonl", self.lines)
        plan = self.plan(self.recipe(PROCESS), *SIZE, "--plugin-path", PROBE)
        self.assertEqual(set(plan.values()), {("run", "nothing is stored yet")})
        self.assertFalse((self.dir / "out").exists(), "plan made something")


if __name__ == "__main__":
    t.main()
