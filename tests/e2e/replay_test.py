"""ophost replay: what was put into quarantine is tried again with a mended plugin, and the result is, byte for byte, that of
a run that never had the fault; also where the record decides about others (deduplicators, selectors, made records)."""
import json
import unittest

import ophost_test as t

ZOO, MENDED = t.PLUGINS / "zoo.so", t.PLUGINS / "zoo_mended.so"
PARTITIONS = ["--workers", "2", "--partition.mode", "manual", "--partition.size", "100"]


def lines():
    """Records of which two cannot be processed by the zoo; one of them is the first of three equal ones."""
    out = t.corpus(5, 600)
    out[130] = json.dumps({"id": "first", "text": "The same words stand in three records. POISON"}).encode()
    out[320] = out[130].replace(b"first", b"second")
    out[555] = out[130].replace(b" POISON", b"").replace(b"first", b"third")
    out[470] = json.dumps({"id": "alone", "text": "One more that the zoo does not bear. POISON"}).encode()
    return out


SHAPES = {
    "filters": [{"text_length_filter": {"min_len": 10}}, {"zoo_mapper": {"fault": "$"}}, {"words_num_filter": {"min_num": 3}}],
    "a deduplicator behind": [{"zoo_mapper": {"fault": "$"}}, {"replace_content_mapper": {"pattern": " POISON", "repl": ""}},
                              {"document_deduplicator": {}}, {"words_num_filter": {"min_num": 3}},
                              {"text_length_filter": {"min_len": 5}}],
    "between deduplicators": [{"document_deduplicator": {}}, {"zoo_mapper": {"fault": "$"}},
                              {"document_minhash_deduplicator": {"jaccard_threshold": 0.7, "num_permutations": 32}}],
    "records made of it": [{"zoo_mapper": {"fault": "$"}}, {"text_chunk_mapper": {"max_len": 40}}, {"text_length_filter": {"min_len": 8}}],
    "a selector behind": [{"words_num_filter": {"min_num": 1}}, {"zoo_mapper": {"fault": "$"}},
                          {"topk_specified_field_selector": {"field_key": "__dj__stats__.num_words", "topk": 200}},
                          {"text_length_filter": {"min_len": 5}}],
}


class Replay(t.Case):
    def shape(self, name, fault, folder):
        process = [{op: {k: fault if v == "$" else v for k, v in (params or {}).items()} for op, params in entry.items()}
                   for entry in SHAPES[name]]
        return self.recipe(process, name=f"{folder}.yaml", export_path=str(self.dir / folder / "out.jsonl"), job_id="j",
                           keep_stats_in_res_ds=True)

    def setUp(self):
        super().setUp()
        self.write("in.jsonl", lines())

    def replay(self, *words, code=t.OK):
        outcome = t.call(t.OPHOST, "replay", "--job", self.dir / "hurt" / "j", "--json", *words, cwd=self.dir)
        self.assertEqual(outcome.code, code, str(outcome))
        return outcome.json() if code == t.OK else outcome

    def test_as_if_nothing_had_happened(self):
        for name in SHAPES:
            for fault in ("throw", "segv"):
                with self.subTest(shape=name, fault=fault):
                    aside = 2 if name == "between deduplicators" else 3  # one of them is a duplicate of another
                    clean = self.run_job(self.shape(name, fault, "clean"), *PARTITIONS, "--fresh", "--plugin-path", MENDED)
                    self.assertEqual(clean["quarantined"], 0)
                    hurt = self.run_job(self.shape(name, fault, "hurt"), *PARTITIONS, "--fresh", "--plugin-path", ZOO)
                    self.assertEqual(hurt["quarantined"], aside)
                    wrong = t.sha(self.dir / "hurt" / "out.jsonl")
                    # With the same plugin the same happens again.
                    again = self.replay()
                    self.check_conserved(again)
                    self.assertEqual((again["quarantined"], t.sha(self.dir / "hurt" / "out.jsonl")), (aside, wrong))
                    mended = self.replay("--plugin-path", MENDED, "--workers", "1")
                    self.check_conserved(mended)
                    self.assertEqual((mended["quarantined"], mended["quarantine_file"]), (0, ""))
                    for file in ("out.jsonl", "out_stats.jsonl"):
                        self.assertEqual(t.sha(self.dir / "hurt" / file), t.sha(self.dir / "clean" / file), file)
                    self.verify_store(self.dir / "hurt" / "store")
                    # What the fault did not touch was not computed again.
                    at = [o["operation_name"] for o in mended["operators"]].index("zoo_mapper")
                    self.assertLessEqual(mended["operators"][at]["partitions_run"], 3)
                    # And a run with the mended plugin finds everything in its place.
                    after = self.run_job(self.shape(name, fault, "hurt"), *PARTITIONS, "--plugin-path", MENDED, "--match", "semantics")
                    self.assertEqual(t.sha(self.dir / "hurt" / "out.jsonl"), t.sha(self.dir / "clean" / "out.jsonl"))
                    self.assertEqual(after["quarantined"], 0)

    def test_every_kind_of_operator(self):
        """Whatever kind of operator, and in which of its functions it fails: one record goes aside, and comes back."""
        kinds, mended = t.PLUGINS / "zoo_kinds.so", t.PLUGINS / "zoo_kinds_mended.so"
        places = [("zoo_filter", "stats"), ("zoo_flat_mapper", "map"), ("zoo_deduplicator", "keys"), ("zoo_deduplicator", "rank"),
                  ("zoo_selector", "update"), ("zoo_selector", "apply"), ("zoo_grouper", "key")]
        for op, function in places:
            for fault in ("throw", "segv"):
                with self.subTest(op=op, function=function, fault=fault):
                    def recipe(folder):
                        return self.recipe([{"text_length_filter": {"min_len": 1}}, {op: {"fault": fault, "in": function}},
                                            {"words_num_filter": {"min_num": 1}}], name=f"{folder}.yaml", job_id="j",
                                           export_path=str(self.dir / folder / "out.jsonl"))
                    self.run_job(recipe("clean"), *PARTITIONS, "--fresh", "--plugin-path", mended)
                    hurt = self.run_job(recipe("hurt"), *PARTITIONS, "--fresh", "--plugin-path", kinds)
                    aside = sorted(e["line"] for e in self.quarantine(hurt))
                    self.assertEqual(aside, [131, 321, 471])
                    self.assertEqual({e["operation_name"] for e in self.quarantine(hurt)}, {op})
                    result = self.replay("--plugin-path", mended)
                    self.check_conserved(result)
                    self.assertEqual(result["quarantined"], 0)
                    self.assertEqual(t.sha(self.dir / "hurt/out.jsonl"), t.sha(self.dir / "clean/out.jsonl"))

    def test_only_what_is_named(self):
        recipe = self.shape("filters", "throw", "hurt")
        self.run_job(recipe, *PARTITIONS, "--plugin-path", ZOO)
        other = self.replay("--op", "words_num_filter", "--plugin-path", MENDED)
        self.assertEqual(other["quarantined"], 3, "the records of another operator were tried again")
        for op in ("zoo_mapper", "zoo_mapper#1", "1"):
            outcome = self.replay("--op", op, "--plugin-path", MENDED)
            self.assertEqual(outcome["quarantined"], 0, op)
        for words in (["--base-dir", "hurt"], ["--work_dir", "hurt"], []):
            outcome = t.call(t.OPHOST, "replay", "--job", "j", *words, cwd=self.dir)
            self.assertEqual(outcome.code, t.OK, str(outcome))

    def test_mistakes(self):
        recipe = self.shape("filters", "throw", "hurt")
        self.run_job(recipe, *PARTITIONS, "--plugin-path", ZOO)
        job = str(self.dir / "hurt" / "j")
        self.refused(t.USAGE, "replay", "--job", job, "--op", "zoo_maper", says=["zoo_maper", "zoo_mapper"])
        self.refused(t.USAGE, "replay", "--job", job, "--op", "7", says=["no operator 7"])
        self.refused(t.USAGE, "replay", "--job", str(self.dir / "hurt" / "k"), says=["no job"])
        self.refused(t.USAGE, "replay", says=["name the job"])
        self.refused(t.USAGE, "replay", "--job", job, "--opp", "x", says=["--opp"])
        self.refused(t.PLUGIN, "replay", "--job", job, "--plugin-path", str(t.PLUGINS / "no.so"), says=["no.so"])

    def test_budget(self):
        recipe = self.shape("filters", "throw", "hurt")
        for budget in ("2", "0", "0.4%", "0%"):
            outcome = self.refused(t.FAILED, "run", "--config", recipe, *PARTITIONS, "--plugin-path", ZOO, "--max-quarantined", budget,
                                   says=["quarantine", "--max-quarantined"])
            self.assertFalse((self.dir / "hurt" / "out.jsonl").exists(), str(outcome))
        for budget in ("3", "0.5%", "100%"):
            result = self.run_job(recipe, *PARTITIONS, "--plugin-path", ZOO, "--max-quarantined", budget)
            self.assertEqual(result["quarantined"], 3)
        for wrong in ("-1", "x", "101%", "1.5", "%", ""):
            self.refused(t.USAGE, "run", "--config", recipe, "--plugin-path", ZOO, f"--max-quarantined={wrong}", says=["--max-quarantined"])


if __name__ == "__main__":
    t.main()
