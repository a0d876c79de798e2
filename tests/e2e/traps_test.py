"""Where Data-Juicer does what nobody expects, ophost does the same, and says so when it plans: each trap of docs/parity.md."""
import ophost_test as t

TRAPS = (t.SOURCE / "docs/parity.md").read_text(encoding="utf-8")


class Traps(t.Case):
    def planned(self, process, *says):
        """Exactly one warning, with all of `says` in it, from plan and run alike; (the warning, what the run exported)."""
        recipe = self.recipe(process, export_path=str(self.dir / "out" / "out.jsonl"))
        plan = self.ophost("plan", recipe, "--json").json()
        run = self.run_job(recipe, "--fresh")
        self.assertEqual(plan["warnings"], run["warnings"])
        self.assertEqual(len(plan["warnings"]), 1, plan["warnings"])
        for text in says:
            self.assertIn(text, plan["warnings"][0])
        shown = self.ophost("plan", recipe)
        self.assertIn("warning: " + plan["warnings"][0], shown.err)
        return plan["warnings"][0], run

    def documented(self, words):
        self.assertIn(words, TRAPS, "docs/parity.md quotes the warning")

    def test_a_statistic_is_never_computed_again(self):
        self.write("in.jsonl", [b'{"id":1,"text":"a  b"}', b'{"id":2,"text":"mail a@b.org"}'])
        warning, run = self.planned([{"text_length_filter": {"min_len": 1}}, {"clean_email_mapper": None}, {"text_length_filter": {"min_len": 6}}],
                                    "process[2]", "'text_len'", "process[0]", "never computed again")
        self.assertEqual(run["output_records"], 1)  # "mail " has 5 characters, and passes with the 12 of before
        self.documented("a statistic that is there is never computed again")
        for again in ({"text_length_filter": {"text_key": "other", "min_len": 1}},):  # of another text, even
            self.write("in.jsonl", [b'{"id":1,"text":"abc","other":""}'])
            _, run = self.planned([{"text_length_filter": {"min_len": 1}}, again], "process[1]", "'text_len'")
            self.assertEqual(run["output_records"], 1)

    def test_parameters_of_an_earlier_entry(self):
        self.write("in.jsonl", [b'{"text":"a b c"}', b'{"text":"a b c d e f"}'])
        process = [{"word_repetition_filter": {"rep_len": 2, "max_ratio": 0.1}}, {"words_num_filter": {"min_num": 1}},
                   {"word_repetition_filter": {"min_ratio": 0.0}}]
        recipe = self.recipe(process)
        warnings = self.ophost("plan", recipe, "--json").json()["warnings"]
        self.assertEqual(len(warnings), 2, warnings)  # and the statistic is the first one's
        self.assertRegex(warnings[0], r"process\[2\].*takes .*rep_len.*max_ratio.* over from an earlier")
        self.documented("over from an earlier")

    def test_an_idle_deduplicator(self):
        self.write("in.jsonl", [b'{"id":1,"text":"Aa"}', b'{"id":2,"text":"aa"}'])
        _, run = self.planned([{"document_deduplicator": {"lowercase": False}}, {"document_deduplicator": {"lowercase": True}}],
                              "process[1]", "'__dj__hash'", "removes nothing more")
        self.assertEqual(run["output_records"], 2)
        self.documented("believes these hashes, so it removes nothing more")

    def test_no_false_alarm(self):
        self.write("in.jsonl", [b'{"id":1,"text":"Aa bb"}'])
        recipe = self.recipe([{"text_length_filter": {"min_len": 1}}, {"words_num_filter": {"min_num": 1}},
                              {"average_line_length_filter": {"min_len": 1}}, {"maximum_line_length_filter": {"min_len": 1}},
                              {"document_deduplicator": None}, {"document_minhash_deduplicator": None}])
        self.assertEqual(self.ophost("plan", recipe, "--json").json()["warnings"], [])


if __name__ == "__main__":
    t.main()
