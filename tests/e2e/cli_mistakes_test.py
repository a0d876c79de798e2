"""Everything a person can get wrong on the command line: the exit code says whose fault it is, the message names the thing
and what to do, and nothing has run."""
import os
import pathlib
import re
import shutil
import stat

import ophost_test as t


class Mistakes(t.Case):
    def setUp(self):
        super().setUp()
        self.write("in.jsonl", [b'{"text": "one two three"}', b'{"text": "four"}'])
        self.good = self.recipe([{"text_length_filter": {"min_len": 1}}])

    def tearDown(self):
        self.assertFalse((self.dir / "out" / "out.jsonl").exists(), "a refused job wrote its output")

    def bad(self, code, process, *says, words=(), **keys):
        return self.refused(code, "run", "--config", self.recipe(process, "bad.yaml", **keys), *words, says=says)

    # ---- recipes ----

    def test_operator_names(self):
        for typo, right in [("text_lenght_filter", "text_length_filter"), ("clean_emails_mapper", "clean_email_mapper"),
                            ("TextLengthFilter", "text_length_filter"), ("document_dedupicator", "document_deduplicator")]:
            self.bad(t.USAGE, [{"words_num_filter": None}, {typo: None}], "process[1]", typo, f"'{right}'")
        self.bad(t.USAGE, ["quite_another_thing"], "process[0]", "quite_another_thing")

    def test_parameters(self):
        for params, says in [({"min_lenght": 3}, ["min_lenght", "'min_len'"]), ({"min_len": "ten"}, ["min_len", "ten"]),
                             ({"min_len": 7.5}, ["min_len", "7.5"]), ({"min_len": True}, ["min_len"]),
                             ({"min_len": [1]}, ["min_len"]), ({"min_len": {"a": 1}}, ["min_len"]),
                             ({"min_len": "5"}, ["min_len"]), ({"on_error": "explode"}, ["on_error", "explode", "quarantine"])]:
            with self.subTest(params=params):
                self.bad(t.USAGE, [{"text_length_filter": params}], "process[0]", "text_length_filter", *says)
        self.bad(t.USAGE, [{"document_minhash_deduplicator": {"tokenization": "spaces"}}], "tokenization", "spaces", "'space'")
        self.bad(t.USAGE, [{"document_minhash_deduplicator": {"jaccard_threshold": 1.5}}], "jaccard_threshold", "1.5")
        self.bad(t.USAGE, [{"document_minhash_deduplicator": {"num_permutations": 0}}], "num_permutations", "0")

    def test_all_errors_at_once(self):
        outcome = self.bad(t.USAGE, [{"text_lenght_filter": None}, {"words_num_filter": {"min_nun": 1}}, {"text_length_filter": {"min_len": "x"}}],
                           "process[0]", "process[1]", "process[2]", "'min_num'", "npp", npp=3)
        self.assertGreaterEqual(outcome.err.count("error: "), 4)

    def test_keys(self):
        self.bad(t.USAGE, [], "exportpath", "'export_path'", exportpath="x")
        self.bad(t.USAGE, [], "np", np="many")
        self.bad(t.USAGE, [], "strategy", "every_opp", "every_op", **{"checkpoint": {"strategy": "every_opp"}})
        self.bad(t.USAGE, [], "n_ops", **{"checkpoint": {"strategy": "every_n_ops", "n_ops": 0}})
        self.bad(t.USAGE, [{"text_length_filter": None}], "words_num_filter",
                 **{"checkpoint": {"strategy": "manual", "op_names": ["words_num_filter"]}})
        self.bad(t.USAGE, {"text_length_filter": None}, "process")
        self.bad(t.USAGE, [{"text_length_filter": None, "words_num_filter": None}], "process[0]")
        self.bad(t.USAGE, [7], "process[0]")
        self.bad(t.USAGE, [], "executor_type", "ray", executor_type="ray")

    def test_recipe_files(self):
        self.refused(t.USAGE, "run", says=["--config"])
        self.refused(t.USAGE, "run", "--config", "recipes.yaml", says=["recipes.yaml", "'recipe.yaml'"])
        self.refused(t.USAGE, "run", "--config", str(self.dir), says=[str(self.dir)])
        for text, says in [("process: [\n", "broken.yaml"), ("a: b: c\n", "broken.yaml"), ("\tprocess: []\n", "broken.yaml"),
                           ("just words", "broken.yaml"), ("- a\n- b\n", "broken.yaml"), ("np: 1\nnp: 2\n", "np"),
                           ("dataset_path: *nothing\n", "broken.yaml:1:15"), (b"\xff\xfe\x00", "broken.yaml"), ("{" * 5000, "broken.yaml"),
                           ("a: &a [*a]\n", "broken.yaml"), ("export_path: ${E2E_NOT_SET}\n", "E2E_NOT_SET"), (b"", "broken.yaml")]:
            with self.subTest(text=text[:20]):
                self.write("broken.yaml", text)
                # An empty recipe lacks its data set: that is the input's fault.
                code = t.INPUT if text == b"" else t.USAGE
                self.refused(code, "run", "--config", "broken.yaml", says=[says] if text else ["dataset_path"])
        secret = self.write("secret.yaml", "process: []\n")
        secret.chmod(0)
        if os.geteuid() != 0:
            self.refused(t.USAGE, "run", "--config", secret, says=["secret.yaml", "ermission"])

    # ---- the command line ----

    def test_commands_and_options(self):
        self.refused(t.USAGE, "rum", says=["rum", "'run'"])
        self.refused(t.USAGE, "run", "--config", self.good, "--worker", "2", says=["worker", "workers"])
        self.refused(t.USAGE, "run", "--config", self.good, "--export_pth", "x", says=["export_pth", "export_path"])
        self.refused(t.USAGE, "run", "--config", self.good, "--text_length_filter.min_length", "3", says=["min_length", "min_len"])
        self.refused(t.USAGE, "run", "--config", self.good, "--text_lenght_filter.min_len", "3", says=["text_lenght_filter"])
        self.refused(t.USAGE, "run", "--config", self.good, "--text_length_filter#2.min_len", "3", says=["text_length_filter#2"])
        self.refused(t.USAGE, "run", "--config", self.good, "--words_num_filter.min_num", "3", says=["words_num_filter"])
        self.refused(t.USAGE, "run", "--config", self.good, "--checkpoint.strategie", "every_op", says=["checkpoint.strategie", "checkpoint.strategy"])
        for value in ("0", "-1", "many", "2000", ""):
            self.refused(t.USAGE, "run", "--config", self.good, "--workers", value, says=["workers"])
        for option, value in [("--progress", "loud"), ("--match", "roughly"), ("--max-quarantined", "few"), ("--np", "x"),
                              ("--partition.size", "0"), ("--partition.target_size_mb", "big"), ("--checkpoint.n_ops", "-2")]:
            self.refused(t.USAGE, "run", "--config", self.good, option, value, says=[option.lstrip("-")])
        self.refused(t.USAGE, "run", "--config", self.good, "more", says=["more"])
        # A negative number is a value, not an option.
        plan = self.ophost("plan", self.good, "--text_length_filter.min_len", "-1")
        self.assertIn("text_length_filter", plan.out)
        self.refused(t.USAGE, "run", "--config", self.good, "-z", says=["-z"])
        self.refused(t.USAGE, "run", "--config", self.good, "--export_path", says=["export_path"])
        self.refused(t.USAGE, "ops", "text_lenght_filter", says=["'text_length_filter'"])
        self.refused(t.USAGE, "ops", "--jsn", says=["jsn"])
        self.refused(t.USAGE, "run", "--config", self.good, "--resume", "no_such_job", says=["no_such_job"])
        for job in ("a/b", "..", "store"):
            self.refused(t.USAGE, "run", "--config", self.good, "--job_id", job, says=["job"])

    def test_help_everywhere(self):
        for words in ([], ["--help"], ["run", "--help"], ["plan", "--help"], ["ops", "--help"], ["plugins", "--help"]):
            outcome = t.call(t.OPHOST, *words)
            self.assertIn("Usage: ophost", outcome.out + outcome.err)
            self.assertEqual(outcome.code, t.OK if words else t.USAGE)
        self.assertRegex(t.call(t.OPHOST, "--version").out, r"\d+\.\d+\.\d+")
        for command in ("run", "plan", "ops", "plugins"):
            self.assertIn("Example", t.call(t.OPHOST, command, "--help").out)

    def test_every_operator_has_a_page(self):
        for name, op in t.operators().items():
            page = t.call(t.OPHOST, "ops", name)
            self.assertEqual(page.code, t.OK)
            for parameter in op["params_schema"].get("properties", {}):
                self.assertIn(parameter, page.out)
            self.assertTrue(op["summary"], name)

    # ---- places ----

    def test_input_paths(self):
        for path, says in [("inn.jsonl", "'in.jsonl'"), ("nowhere/in.jsonl", "nowhere"), ("*.jsonk", "*.jsonk"), ("out*", "out*")]:
            self.bad(t.INPUT, [], path, says, dataset_path=str(self.dir / path))
        os.makedirs(self.dir / "empty")
        self.bad(t.INPUT, [], "empty", ".jsonl", dataset_path=str(self.dir / "empty"))
        self.write("array.json", b'[{"text": "a"}]')
        self.bad(t.INPUT, [], "array.json", "jq", dataset_path=str(self.dir / "array.json"))
        os.mkfifo(self.dir / "pipe.jsonl")
        self.bad(t.INPUT, [], "pipe.jsonl", "regular file", dataset_path=str(self.dir / "pipe.jsonl"))
        self.bad(t.INPUT, [], "dataset_path", dataset_path="")

    def test_output_paths(self):
        self.bad(t.USAGE, [], "out.parquet", ".jsonl", export_path=str(self.dir / "out" / "out.parquet"))
        self.bad(t.USAGE, [], str(self.dir), ".jsonl", export_path=str(self.dir))
        self.write("file", "x")
        self.bad(t.FAILED, [], str(self.dir / "file"), export_path=str(self.dir / "file" / "out.jsonl"))
        locked = self.dir / "locked"
        locked.mkdir()
        locked.chmod(0o555)
        if os.geteuid() != 0:
            self.bad(t.FAILED, [], "locked", "ermission", export_path=str(locked / "out.jsonl"))
        else:  # nobody refuses root, but /proc does
            self.bad(t.FAILED, [], "/proc/ophost", export_path="/proc/ophost/out.jsonl")
        self.bad(t.FAILED, [], "/proc/ophost", work_dir="/proc/ophost")

    def test_export_onto_the_input(self):
        """The export replaces a file; that must never be the one it is made from."""
        before = (self.dir / "in.jsonl").read_bytes()
        self.bad(t.USAGE, [], "in.jsonl", export_path=str(self.dir / "in.jsonl"))
        os.symlink(self.dir / "in.jsonl", self.dir / "link.jsonl")
        self.bad(t.USAGE, [], "link.jsonl", export_path=str(self.dir / "link.jsonl"))
        self.assertEqual((self.dir / "in.jsonl").read_bytes(), before)

    # ---- plugins ----

    def plugin(self, name, *says, code=t.PLUGIN):
        for command in (["run", "--config", self.good], ["plugins"], ["ops"]):
            self.refused(code, *command, "--plugin-path", name, says=says)

    def test_plugin_paths(self):
        self.plugin(self.dir / "nothing.so", "nothing.so", "does not exist")
        self.refused(t.PLUGIN, "ops", says=["not_here"], env=t.environment(OPHOST_PLUGIN_PATH="/not_here"))
        self.plugin(self.write("text.so", "not a library"), "text.so", "not an ELF file")
        self.plugin(self.write("empty.so", ""), "empty.so")
        whole = (t.PLUGINS / "probe_1_0_0.so").read_bytes()
        self.plugin(self.write("cut.so", whole[:len(whole) // 2]), "cut.so")
        self.plugin(self.write("head.so", whole[:80]), "head.so")
        (self.dir / "folder").mkdir()
        self.assertEqual(t.call(t.OPHOST, "ops", "--plugin-path", self.dir / "folder").code, t.OK)

    def test_not_a_plugin(self):
        libc = re.search(r"(/\S*libc[.-]\S*)$", pathlib.Path("/proc/self/maps").read_text(), re.M).group(1)
        self.plugin(libc, "is not an ophost plugin", "oph_plugin_entry")
        self.plugin(t.PLUGINS / "broken_magic.so", "broken_magic.so", "magic")

    def test_too_new(self):
        self.plugin(t.PLUGINS / "broken_abi.so", "broken_abi.so", "needs ABI 1.", "offers ABI 1.0", "newer ophost")

    def test_missing_symbol(self):
        self.plugin(t.PLUGINS / "broken_symbol.so", "broken_symbol.so", "e2e_function_that_nobody_defines")

    def test_half_an_operator(self):
        self.plugin(t.PLUGINS / "broken_ops.so", "broken_ops.so", "e2e_half_filter", "incomplete")

    def test_crashes_while_loaded(self):
        self.plugin(t.PLUGINS / "broken_load.so", "broken_load.so", "crashed while it was loaded")

    def test_two_plugins_offer_one_operator(self):
        a, b = t.PLUGINS / "probe_1_0_0.so", t.PLUGINS / "probe_1_1_0.so"
        self.refused(t.PLUGIN, "ops", "--plugin-path", a, "--plugin-path", b,
                     says=["e2e_probe_mapper", str(a.resolve()), str(b.resolve())])
        self.assertEqual(t.call(t.OPHOST, "ops", "--plugin-path", a, "--plugin-path", a).code, t.OK)  # the same one twice

    def test_others_may_write(self):
        for mode, who in ((0o775, "group"), (0o757, "everybody")):
            path = self.dir / f"{who}.so"
            shutil.copy(t.PLUGINS / "probe_1_0_0.so", path)
            path.chmod(mode)
            self.plugin(path, str(path), who, "chmod go-w")
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o022)
            self.assertEqual(t.call(t.OPHOST, "ops", "--plugin-path", path).code, t.OK)
            self.assertIn("e2e_probe_mapper", t.call(t.OPHOST, "ops", "--plugin-path", path).out)

    def test_an_operator_refuses_its_parameters(self):
        self.bad(t.USAGE, [{"word_repetition_filter": {"rep_len": -1}}], "process[0]", "word_repetition_filter", "rep_len")

    # ---- ophost-dump ----

    def test_dump(self):
        def dump(code, *words, says=()):
            outcome = t.call(t.DUMP, *words, cwd=self.dir)
            self.assertEqual(outcome.code, code, f"{words}: {outcome}")
            for text in says:
                self.assertIn(text, outcome.err)
        dump(t.USAGE, "lss", says=["lss", "'ls'"])
        dump(t.USAGE, "ls", "--jsn", says=["jsn"])
        dump(t.USAGE, "ls", says=["--store"])
        dump(t.STORE, "ls", "--store", "nowhere", says=["nowhere"])
        self.write("fake/data.mdb", b"x" * 9000)
        dump(t.STORE, "ls", "--store", "fake", says=["fake"])


if __name__ == "__main__":
    t.main()
