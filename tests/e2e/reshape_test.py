"""Operators that make other records (1:N, selectors, groupers, line deduplication, rewritten records): the output is a
function of input and recipe all the same, no record gets lost on the way, and what was finished is used again."""
import itertools
import json
import pathlib
import random
import subprocess
import time

import ophost_test as t

PARTITIONS = [["--partition.mode", "manual", "--partition.size", "130"],
              ["--partition.mode", "manual", "--partition.num_of_partitions", "1"],
              ["--partition.mode", "manual", "--partition.num_of_partitions", "5"]]
STRATEGIES = [["every_op"], ["disabled"], ["every_n_ops", "--checkpoint.n_ops", "3"]]
PROCESS = [
    {"clean_email_mapper": None},
    {"text_chunk_mapper": {"max_len": 500, "split_pattern": "\n"}},
    {"text_length_filter": {"min_len": 12}},
    {"document_deduplicator": None},
    {"document_line_deduplicator": {"frequency_threshold": 3, "min_line_length": 5}},
    {"pii_redaction_mapper": None},
    {"topk_specified_field_selector": {"field_key": "__dj__stats__.text_len", "top_ratio": 0.8}},
    {"key_value_grouper": {"group_by_keys": ["kind"]}},
    {"naive_reverse_grouper": None},
    {"words_num_filter": {"min_num": 3}},
    {"random_selector": {"select_ratio": 0.9}},
    {"tags_specified_field_selector": {"field_key": "kind", "target_tags": ["a", "b", "c"]}},
]
BROKEN = [b'{"text": "cut off', b'{"text": 5}', b'not json', b'{"text": "bad \xff byte"}']


class Reshape(t.Case):
    def setUp(self):
        super().setUp()
        r = random.Random(4)
        lines = []
        for i, line in enumerate(t.corpus(21, 6000 if t.SOAK else 1500)):
            record = json.loads(line)
            record.pop("meta", None)
            if i % 50 == 3:
                record["text"] += " call 13812345678"
            record["kind"] = r.choice(["a", "b", "c", "d"])
            lines.append(json.dumps(record, ensure_ascii=False).encode())
            if i % 300 == 7:
                lines.append(r.choice(BROKEN))
        self.lines = lines
        self.broken = len(lines) - (6000 if t.SOAK else 1500)
        self.write("in.jsonl", lines)
        missing = {n for op in PROCESS for n in op} - set(t.operators())
        self.assertEqual(missing, set(), "the bundled plugins lack operators of this test")

    def job(self, name, *words, process=PROCESS, **keys):
        folder = self.dir / name
        recipe = self.recipe(process, name + ".yaml", export_path=str(folder / "out.jsonl"), work_dir=str(folder / "work"), **keys)
        return self.run_job(recipe, *words), folder / "out.jsonl"

    def quarantined_lines(self, result):
        return sorted((e["file"], e["line"], e["operation_name"], e["reason"]) for e in self.quarantine(result))

    def test_workers_partitions_strategies(self):
        first, out = self.job("first", "--workers", 1, *PARTITIONS[1])
        bytes_, aside = t.sha(out), self.quarantined_lines(first)
        self.assertEqual(first["reader_quarantined"], self.broken)
        self.assertEqual(len(aside), first["quarantined"])
        for op in first["operators"]:  # a step with nothing to do would show nothing
            s = op["stats"]
            self.assertGreater(s["edited"] + s["dropped"] + s["duplicates"] + s["grouped"] + s["added"], 0, op)
        self.assertGreater(first["output_records"], 500)
        for n, (workers, partition, strategy) in enumerate(itertools.product([1, 3], PARTITIONS, STRATEGIES)):
            with self.subTest(workers=workers, partition=partition, strategy=strategy):
                again, out = self.job(f"again{n}", "--workers", workers, *partition, "--checkpoint.strategy", *strategy)
                self.assertEqual(t.sha(out), bytes_)
                self.assertEqual(self.quarantined_lines(again), aside)
                for a, b in zip(first["operators"], again["operators"]):
                    for key in ("in", "out", "dropped", "duplicates", "grouped", "added", "quarantined", "discarded"):
                        self.assertEqual(a["stats"][key], b["stats"][key], a["operation_name"])

    def test_grouped_and_ungrouped_is_what_it_was(self):
        process = [{"naive_grouper": None}, {"naive_reverse_grouper": None}]
        clean = [line for line in self.lines if line not in BROKEN]
        self.write("in.jsonl", clean)
        _, out = self.job("round", *PARTITIONS[0], process=process)
        self.assertEqual([json.loads(l) for l in out.read_bytes().splitlines()], [json.loads(l) for l in clean])

    def test_reuse(self):
        self.job("reuse", *PARTITIONS[0], job_id="j")
        again, _ = self.job("reuse", *PARTITIONS[0], job_id="j")
        self.assertTrue(again["up_to_date"])
        changed = PROCESS[:-1] + [{"tags_specified_field_selector": {"field_key": "kind", "target_tags": ["d"]}}]
        result, out = self.job("reuse", *PARTITIONS[0], job_id="j", process=changed)
        self.assertEqual([o["partitions_run"] for o in result["operators"][:-1]], [0] * (len(PROCESS) - 1))
        self.assertGreater(result["operators"][-1]["partitions_run"], 0)
        self.assertEqual({json.loads(l)["kind"] for l in out.read_bytes().splitlines()}, {"d"})
        self.verify_store(self.dir / "reuse" / "work" / "store")

    def test_foreign_operators_of_every_kind(self):
        """The SDK's examples, through the front door, against the same done here by hand."""
        records = [json.loads(line) for line in self.lines if line not in BROKEN]
        paragraphs = [dict(r, text=part) for r in records for part in r["text"].split("\n\n") if part]
        words = [r for r in paragraphs if len(r["text"].split(" ")) - r["text"].split(" ").count("") >= 4]
        longest = sorted(words, key=lambda r: -len(r["text"].encode()))[:200]
        size = {"records": len(longest), "bytes": sum(len(r["text"].encode()) for r in longest)}
        process = [{"example_paragraphs_mapper": None}, {"example_word_count_filter": {"min_words": 4}},
                   {"example_longest_selector": {"count": 200}}]
        plugins = ["--plugin-path", str(t.BUILD / "lib" / "ophost" / "examples"), *PARTITIONS[0]]
        result, out = self.job("foreign", *plugins, process=process)
        kept = [json.loads(l) for l in out.read_bytes().splitlines()]
        self.assertEqual(len(kept), 200)
        self.assertEqual(sum(len(r["text"].encode()) for r in kept), size["bytes"])
        result, out = self.job("counted", *plugins, process=process + [{"example_count_aggregator": None}])
        self.assertEqual([json.loads(l) for l in out.read_bytes().splitlines()], [size])
        result, out = self.job("grouped", *plugins, process=process + [{"example_field_grouper": {"field_key": "kind"}}])
        kinds = [json.loads(l)["kind"] for l in out.read_bytes().splitlines()]
        self.assertEqual(sorted(kinds), sorted({r["kind"] for r in longest}))
        self.assertEqual(kinds, list(dict.fromkeys(r["kind"] for r in kept)), "groups stand in the order of their first records")

    def test_derived_columns_follow_the_text(self):
        """The words of a text are found once per batch, but not once for all: a mapper in between makes them anew."""
        self.write("in.jsonl", [line for line in self.lines if line not in BROKEN])
        edit = {"replace_content_mapper": {"pattern": ["the", "spam"], "repl": ["spam egg egg", "THE"]}}
        repetition = {"word_repetition_filter": {"rep_len": 2, "max_ratio": 0.4}}
        stopwords = {"stopwords_filter": {"stopwords_dir": str(t.SOURCE / "tests/parity/resources/words"), "min_ratio": 0.0}}
        _, edited = self.job("edited", process=[edit])
        _, after = self.job("after", process=[repetition], dataset_path=str(edited))
        _, together = self.job("together", *PARTITIONS[0], process=[stopwords, edit, repetition])
        self.assertEqual(together.read_bytes(), after.read_bytes())

        def ratios(out):
            lines = (out.parent / "out_stats.jsonl").read_bytes().splitlines()
            return [json.loads(line)["__dj__stats__"]["word_rep_ratio"] for line in lines]
        self.assertEqual(ratios(together), ratios(after))

    def test_rows_know_where_they_came_from(self):
        """Rows that are reused, by a job over other files, must not name places of the job that made them."""
        process = [{"text_chunk_mapper": {"max_len": 100, "split_pattern": "\n"}},
                   {"specified_field_filter": {"field_key": "deep.x", "target_value": [1]}}]  # nobody has it: all are faulty
        text = [json.dumps({"text": "a\nb", "n": n}).encode() for n in range(5)]
        self.write("in/a.jsonl", text)
        self.write("in/b.jsonl", [b"broken", *text])
        for files in (["a", "b"], ["b"], ["c", "b"]):
            self.write("in/c.jsonl", text[:1])
            result, _ = self.job("places", process=process, dataset_path=[str(self.dir / "in" / (f + ".jsonl")) for f in files])
            lines = {"a": 5, "b": 6, "c": 1}
            self.assertEqual({(pathlib.Path(e["file"]).name, e["line"]) for e in self.quarantine(result)},
                             {(f + ".jsonl", n + 1) for f in files for n in range(lines[f])})

    def test_kills(self):
        begin = time.monotonic()
        _, out = self.job("whole", *PARTITIONS[0])
        seconds, expected = time.monotonic() - begin, t.sha(out)
        landed = 0
        for n in range(60 if t.SOAK else 8):
            folder = self.dir / f"kill{n}"
            strategy = self.random.choice(STRATEGIES)
            recipe = self.recipe(PROCESS, f"kill{n}.yaml", export_path=str(folder / "out.jsonl"), work_dir=str(folder / "work"),
                                 job_id="j")
            words = [*PARTITIONS[0], "--workers", str(self.random.choice([1, 2, 4])), "--checkpoint.strategy", *strategy]
            for _ in range(self.random.choice([1, 2, 3])):
                process = subprocess.Popen([str(t.OPHOST), "run", "--config", str(recipe), "--json", *words],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=t.environment())
                try:
                    process.wait(self.random.uniform(0, seconds))
                except subprocess.TimeoutExpired:
                    process.kill()
                    landed += 1
                process.wait()
            with self.subTest(seed=t.SEED, round=n, strategy=strategy):
                self.run_job(recipe, *words)
                self.assertEqual(t.sha(folder / "out.jsonl"), expected)
                self.verify_store(folder / "work" / "store")
                left = t.call(t.DUMP, "ls", "--store", folder / "work" / "store", "--json").out
                self.assertNotIn('"scattered"', left, "a gathering that is done leaves its scattered records")
        self.assertGreater(landed, 0, "no kill came before the end: the test showed nothing")


if __name__ == "__main__":
    t.main()
