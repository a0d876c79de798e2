"""Where a job keeps what, and what of it stays: retention policies, folders of its own for events and checkpoints, and what is
on without being asked for."""
import json

import ophost_test as t


class Storage(t.Case):
    PROCESS = [{"clean_email_mapper": None}, {"text_length_filter": {"min_len": 10}}, {"document_deduplicator": None},
               {"clean_links_mapper": None}]

    def setUp(self):
        super().setUp()
        self.write("in.jsonl", t.corpus(11, 600))

    def blobs(self, folder="out"):
        """What the store holds, by kind."""
        kinds = {}
        for blob in t.call(t.DUMP, "ls", "--store", self.dir / folder / "store", "--json").json():
            kinds[blob["kind"]] = kinds.get(blob["kind"], 0) + 1
        return kinds

    def test_on_by_default(self):
        self.run_job(self.recipe(self.PROCESS), "--job_id", "j")
        runs = t.events(self.dir / "out" / "j")
        self.assertEqual(len(runs), 1)
        self.assertIn("checkpoint_save", {e["event_type"] for e in runs[0]})
        self.assertGreater(self.blobs()["checkpoint"], 0)

    def test_off_when_told(self):
        self.run_job(self.recipe(self.PROCESS, event_logging={"enabled": False}), "--job_id", "j", "--checkpoint.enabled", "false")
        self.assertEqual(list((self.dir / "out").rglob("events_*.jsonl")), [])
        self.assertNotIn("checkpoint", self.blobs())

    def test_folders_of_their_own(self):
        recipe = self.recipe(self.PROCESS, event_log_dir=str(self.dir / "ssd"), checkpoint_dir=str(self.dir / "large"))
        self.run_job(recipe, "--job_id", "j")
        self.assertEqual(len(list((self.dir / "ssd").glob("events_*.jsonl"))), 1)
        self.assertTrue((self.dir / "large" / "data.mdb").exists())
        self.assertFalse((self.dir / "out" / "store").exists())

    def test_retention(self):
        everything = None
        for policy in ("keep_all", "keep_failed_only", "cleanup_all"):
            with self.subTest(policy):
                recipe = self.recipe(self.PROCESS, export_path=str(self.dir / policy / "out.jsonl"), checkpoint={"strategy": "every_op"},
                                     intermediate_storage={"retention_policy": policy})
                self.run_job(recipe, "--job_id", "j")
                kept = self.blobs(policy)
                if policy == "keep_all":
                    everything = kept
                    self.assertEqual({k: kept[k] for k in ("checkpoint", "keys", "decision")}, {"checkpoint": 3, "keys": 1, "decision": 1})
                else:
                    self.assertLess(sum(kept.values()), sum(everything.values()))
                    for kind in ("checkpoint", "keys", "decision"):
                        self.assertNotIn(kind, kept)
                self.verify_store(self.dir / policy / "store")

    def test_what_fails_is_kept(self):
        lines = t.corpus(11, 600) + [json.dumps({"text": "POISON " * 20}).encode()]
        self.write("in.jsonl", lines)
        recipe = self.recipe([{"clean_email_mapper": None}, {"document_deduplicator": None},
                              {"e2e_probe_mapper": {"poison": "POISON", "on_error": "fail"}}],
                             intermediate_storage={"retention_policy": "keep_failed_only"})
        words = ["--job_id", "j", "--plugin-path", t.PLUGINS / "probe_1_0_0.so"]
        self.refused(t.FAILED, "run", "--config", recipe, *words, says=["POISON", "on_error: fail"])
        kept = self.blobs()
        self.assertEqual((kept["checkpoint"], kept["keys"], kept["decision"]), (1, 1, 1))
        self.run_job(recipe, *words, "--e2e_probe_mapper.poison", "")
        self.assertNotIn("decision", self.blobs(), "it did not fail this time")


if __name__ == "__main__":
    t.main()
