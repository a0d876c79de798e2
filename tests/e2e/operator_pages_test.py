"""The pages of operators: docs/operators.md is what the program prints, every page says what a user needs, and its example
is a recipe that the host accepts."""
import difflib
import json
import re

import ophost_test as t

PAGES = t.SOURCE / "docs/operators.md"
RESOURCES = t.SOURCE / "tests/parity/resources"
PLACES = [word for folder in ("", "words", "models") for word in ("--resource-path", RESOURCES / folder)]
NO_STEPS = ("derived column", "observer")  # kinds that are no entries of `process`


def left_out(page):
    """Whether this build is without the operator's plugin for want of a library; a plugin that is gone is another matter."""
    plugin = re.search(r"plugin `org\.ophost\.([^`]+)`", page)
    return bool(plugin) and (t.SOURCE / "plugins" / plugin[1]).is_dir() and \
        not (t.BIN.parent / "lib/ophost/plugins" / f"{plugin[1]}.so").exists()


def without_left_out(document, offered):
    pages = re.findall(r"(?ms)^### (\S+)\n(.*?)(?=^### |^## |\Z)", document)
    for name, page in pages:
        if name not in offered and left_out(page):
            document = document.replace(f"### {name}\n{page}", "")
            document = re.sub(rf"(?m)^\| \[{re.escape(name)}\]\(.*\n", "", document)
    return document.rstrip("\n") + "\n"


class OperatorPages(t.Case):
    def test_the_document_is_up_to_date(self):
        printed = t.call(t.OPHOST, "ops", "--markdown").out
        kept = without_left_out(PAGES.read_text(encoding="utf-8"), t.operators()) if PAGES.exists() else ""
        difference = list(difflib.unified_diff(kept.splitlines(), printed.splitlines(), "docs/operators.md", "ophost ops --markdown",
                                               lineterm="", n=1))
        if difference:
            self.fail("docs/operators.md is stale. To mend it:\n\n    %s ops --markdown > %s\n\n%s"
                      % (t.OPHOST, PAGES, "\n".join(difference[:40])))

    def test_nothing_of_this_machine(self):
        text = PAGES.read_text(encoding="utf-8")
        for op in t.operators().values():
            self.assertNotIn(op["file"], text)
        for place in (t.SOURCE, t.BUILD, t.BIN):
            self.assertNotIn(str(place), text)

    def test_every_page_is_complete(self):
        for op in t.operators().values():
            with self.subTest(op["name"]):
                self.assertRegex(op["summary"], r"^[A-Z].{10,}[.)]$")
                self.assertIn(op["cost"], ("cheap", "medium", "expensive"))
                step = op["kind"] not in NO_STEPS
                self.assertTrue(not step or op["example"].startswith(f"- {op['name']}:"), op["example"])
                for name, schema in op["params_schema"].get("properties", {}).items():
                    self.assertRegex(schema.get("description", ""), r"^[A-Z`{].{4,}[.)]$", name)
                    self.assertIn("type", schema, name)
                    self.assertIn("default", schema, name)
                page = t.call(t.OPHOST, "ops", op["name"])
                self.assertEqual(page.code, t.OK)
                for wanted in (op["summary"], "Reads ", "Writes ", "Cost ", *(["Example"] if step else []), *op["reads"], *op["writes"],
                               *op["params_schema"].get("properties", {})):
                    self.assertIn(wanted, page.out)
                section = t.call(t.OPHOST, "ops", op["name"], "--markdown")
                self.assertIn(section.out.strip(), PAGES.read_text(encoding="utf-8"))

    def test_examples_are_recipes(self):
        self.write("in.jsonl", '{"text": "a record"}\n')
        for op in t.operators().values():
            if op["kind"] in NO_STEPS:
                continue
            with self.subTest(op["name"]):
                recipe = self.write("recipe.yaml", f"dataset_path: {self.dir}/in.jsonl\nexport_path: {self.dir}/out.jsonl\nprocess:\n" +
                                    "".join("  " + line + "\n" for line in op["example"].splitlines()))
                plan = t.call(t.OPHOST, "plan", "--config", recipe, "--json", *PLACES, cwd=self.dir,
                              env=t.environment(DATA_JUICER_EXTERNAL_MODELS_HOME=RESOURCES / "models"))
                if plan.code != t.OK and re.search(r"lib\w+\.so|the resource '.*' was not found", plan.err):
                    continue  # a model that the tests do not have, or a build without its library
                self.assertEqual(plan.code, t.OK, str(plan))
                self.assertEqual(plan.json()["warnings"], [], "an example is what people copy: it warns of nothing")

    def test_a_wrong_name(self):
        for wrong, right in (("text_lenght_filter", "Did you mean 'text_length_filter'?"),
                             ("minhash", "document_minhash_deduplicator, document_minhash_deduplicator_with_uid"),
                             ("clean_link_mapper", "Did you mean 'clean_links_mapper'?")):
            self.refused(t.USAGE, "ops", wrong, says=(f"'{wrong}'", right))
        self.refused(t.USAGE, "ops", "text_length_filter", "words_num_filter", says=("one name at a time",))
        self.refused(t.USAGE, "ops", "--json", "--markdown", says=("--markdown",))

    def test_one_page_as_json(self):
        every = json.loads(t.call(t.OPHOST, "ops", "--json").out)
        one = t.call(t.OPHOST, "ops", "text_length_filter", "--json").json()
        self.assertIn(one, every)
        self.assertEqual(one["promises"], ["deterministic", "row-local", "order-free", "concurrent"])


if __name__ == "__main__":
    t.main()
