"""`ophost completion` and `ophost man`: every option that --help prints, every key and every operator is in them, bash
completes what it should, and man finds nothing to say against the pages.
"""
import re
import shutil
import subprocess
import unittest

import ophost_test as t

COMMANDS = re.findall(r"^  ([a-z]+)  +[a-z]", t.call(t.OPHOST, "--help").out, re.M)


def options_of(command):
    return re.findall(r"^  --([a-z][a-z-]*)", t.call(t.OPHOST, command, "--help").out, re.M)


class Completion(t.Case):
    def script(self, shell):
        outcome = t.call(t.OPHOST, "completion", shell)
        self.assertEqual(outcome.code, t.OK, str(outcome))
        return outcome.out

    def complete(self, *words):
        """What bash offers for the last of `words`."""
        path = self.dir / "completion.bash"
        if not path.exists():
            path.write_text(self.script("bash"))
        line = " ".join("'%s'" % w for w in words)
        script = f"source {path}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _ophost; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, cwd=self.dir, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    @unittest.skipUnless(shutil.which("bash"), "no bash")
    def test_bash(self):
        self.assertEqual(self.complete("ophost", "p"), ["plan", "plugins"])
        self.assertEqual(self.complete("ophost", ""), COMMANDS + ["--help", "--version"])
        self.assertLess({"run", "plan", "ops", "plugins", "completion", "man"}, set(COMMANDS))
        for command in COMMANDS:
            with self.subTest(command):
                offered = self.complete("ophost", command, "--")
                for option in options_of(command):
                    self.assertIn("--" + option, offered)
        self.assertEqual(self.complete("ophost", "run", "--isol"), ["--isolation"])
        self.assertEqual(self.complete("ophost", "run", "--isolation", ""), ["process", "thread"])
        self.assertEqual(self.complete("ophost", "run", "--isolation", "=", "t"), ["thread"])
        self.assertEqual(self.complete("ophost", "plan", "--checkpoint.strategy", "every"), ["every_op", "every_n_ops"])
        self.assertEqual(self.complete("ophost", "plan", "--checkpoint.enabled", ""), ["true", "false"])
        self.assertEqual(self.complete("ophost", "run", "--text_length_filter.min_l"), ["--text_length_filter.min_len"])
        self.assertNotIn("--turbo", self.complete("ophost", "run", "--"), "a key that has no effect")
        self.assertNotIn("--np", self.complete("ophost", "jobs", "--"))
        self.assertEqual(sorted(self.complete("ophost", "ops", "")), sorted(t.operators()))
        self.assertEqual(self.complete("ophost", "completion", ""), ["bash", "zsh", "fish"])
        for name in ("recipe.yaml", "recipe.json", "other.txt"):
            self.write(name, b"")
        self.assertEqual(sorted(self.complete("ophost", "run", "--config", "")), ["recipe.json", "recipe.yaml"])
        self.assertEqual(self.complete("ophost", "run", "--work_dir", ""), [], "left to the names of files")

    def test_the_other_shells_know_the_same(self):
        zsh, fish = self.script("zsh"), self.script("fish")
        for command in COMMANDS:
            for option in options_of(command) + (["checkpoint.strategy", "text_length_filter.min_len"] if command in ("run", "plan") else []):
                self.assertRegex(zsh, r"(?m)^ +'--" + re.escape(option) + "[':]")
                self.assertRegex(fish, rf"(?m)seen_subcommand_from {command}' -l '{re.escape(option)}'( |$)")
        # An apostrophe in a quoted text: each shell has its own way to write it.
        for shell, script, apostrophe in (("zsh", zsh, "'\\''"), ("fish", fish, "\\'")):
            if shutil.which(shell):
                subprocess.run([shell, "-n"], input=script, text=True, check=True)
            for line in script.splitlines():
                self.assertEqual(line.replace(apostrophe, "").count("'") % 2, 0, line)

    def test_mistakes(self):
        self.refused(t.USAGE, "completion", says=["bash, zsh or fish"])
        self.refused(t.USAGE, "completion", "zhs", says=["zhs", "zsh"])


class Manual(t.Case):
    def page(self, *words):
        outcome = t.call(t.OPHOST, "man", *words)
        self.assertEqual(outcome.code, t.OK, str(outcome))
        return outcome.out

    def plain(self, page):
        return re.sub(r"\\f[BIR]", "", page).replace("\\-", "-").replace("\\e", "\\")

    def test_pages_say_what_help_says(self):
        main = self.plain(self.page())
        for command in COMMANDS:
            self.assertIn(f"ophost-{command} (1)", main)
            page = self.plain(self.page(command))
            self.assertTrue(page.startswith(f".TH OPHOST-{command.upper()} 1 "), page[:60])
            for option in options_of(command):
                self.assertRegex(page, rf"(?m)^--{option}( |$)")
            for line in page.splitlines():
                if line.startswith("."):
                    self.assertIn(line.split(" ")[0], (".TH", ".SH", ".TP", ".BR", ".nf", ".fi"), line)
        run = self.plain(self.page("run"))
        self.assertIn("--checkpoint.strategy", run)
        self.assertIn("one of every_op, every_n_ops, manual, disabled, auto", run)
        self.assertNotIn("--turbo", run)

    def test_all_pages_are_written_and_built(self):
        outcome = t.call(t.OPHOST, "man", "--output", self.dir / "man")
        self.assertEqual(outcome.code, t.OK, str(outcome))
        written = {p.name: p.read_text() for p in (self.dir / "man" / "man1").iterdir()}
        self.assertEqual(sorted(written), sorted(["ophost.1"] + [f"ophost-{c}.1" for c in COMMANDS]))
        built = t.BUILD / "share" / "man" / "man1"
        # A build of the program alone leaves older pages.
        if built.exists() and (built / "ophost.1").stat().st_mtime >= t.OPHOST.stat().st_mtime:
            self.assertEqual({p.name: p.read_text() for p in built.iterdir()}, written)

    @unittest.skipUnless(shutil.which("man"), "no man")
    def test_man_has_nothing_to_say_against_them(self):
        for words in [()] + [(c,) for c in COMMANDS]:
            path = self.write("page.1", self.page(*words))
            done = subprocess.run(["man", "--warnings=w", "-l", str(path)], capture_output=True, text=True,
                                  env=t.environment(MANPAGER="cat", PAGER="cat", LC_ALL="C.UTF-8", MANWIDTH="80"))
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
            self.assertIn("EXIT STATUS" if words else "COMMANDS", done.stdout)

    def test_mistakes(self):
        self.refused(t.USAGE, "man", "rum", says=["rum", "run"])
        self.refused(t.USAGE, "man", "run", "plan", says=["one command"])
        self.refused(t.USAGE, "man", "run", "--output", self.dir, says=["--output"])


if __name__ == "__main__":
    t.main()
