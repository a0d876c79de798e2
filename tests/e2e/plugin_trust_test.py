"""Whose code runs: plugin files that others can change, that are no plugins or only half of one, and plugins.lock."""
import json
import os
import shutil
import unittest

import ophost_test as t

PROBE, CHANGED = t.PLUGINS / "probe_1_0_0.so", t.PLUGINS / "probe_1_0_0_changed.so"


class Trust(t.Case):
    def setUp(self):
        super().setUp()
        self.write("in.jsonl", [b'{"text": "one"}', b'{"text": "two"}'])
        self.folder = self.dir / "plugins"
        self.folder.mkdir()
        self.plugin = self.folder / "probe.so"
        self.put(PROBE)
        self.recipe_file = self.recipe([{"e2e_probe_mapper": {"mark": "!"}}])
        self.words = ["--config", self.recipe_file, "--plugin-path", self.plugin]

    def put(self, source):
        shutil.copy(source, self.plugin)
        self.plugin.chmod(0o755)

    def test_modes(self):
        for mode, who in ((0o775, "its group"), (0o757, "everybody"), (0o777, "everybody")):
            self.plugin.chmod(mode)
            for command in ("run", "plan"):
                self.refused(t.PLUGIN, command, *self.words, says=[str(self.plugin), who, "chmod go-w", "--trust-plugins"])
            # Also where it is only one of a folder.
            self.refused(t.PLUGIN, "run", "--config", self.recipe_file, "--plugin-path", self.folder, says=[str(self.plugin), who])
        self.run_job(self.recipe_file, "--plugin-path", self.plugin, "--trust-plugins")
        self.plugin.chmod(0o755)
        self.run_job(self.recipe_file, "--plugin-path", self.plugin)

    @unittest.skipUnless(os.geteuid() == 0, "only root can give a file away")
    def test_owner(self):
        os.chown(self.plugin, 12345, 12345)
        self.refused(t.PLUGIN, "run", *self.words, says=[str(self.plugin), "uid 12345", "--trust-plugins"])
        self.run_job(self.recipe_file, "--plugin-path", self.plugin, "--trust-plugins")

    def test_files_that_are_no_plugins(self):
        whole = PROBE.read_bytes()
        machine = bytearray(whole)
        machine[18] = 0xF3
        for data, says in ((b"", "is empty"), (b"#!/bin/sh\necho no plugin\n", "not an ELF file"), (whole[:100], "cut short"),
                           (whole[:len(whole) // 2], "cut short"), (whole[:-1], "cut short"),
                           (bytes(machine), "another kind of processor"), (t.OPHOST.read_bytes(), "does not export")):
            self.plugin.write_bytes(data)
            self.refused(t.PLUGIN, "run", *self.words, says=[str(self.plugin), says])
        # In a folder half a plugin is an error, what is no plugin is none of ours.
        self.plugin.write_bytes(whole[:-1])
        self.refused(t.PLUGIN, "run", "--config", self.recipe_file, "--plugin-path", self.folder, says=["cut short"])
        (self.folder / "script.so").write_bytes(b"/* GNU ld script */")
        self.put(PROBE)
        self.run_job(self.recipe_file, "--plugin-path", self.folder)

    def lock(self, *words):
        outcome = t.call(t.OPHOST, "plugins", "lock", *words, cwd=self.dir)
        self.assertEqual(outcome.code, t.OK, str(outcome))

    def test_lock(self):
        self.refused(t.PLUGIN, "run", *self.words, "--locked", says=["plugins.lock", "ophost plugins lock"])
        self.lock("--plugin-path", self.plugin)
        pins = {p["file"]: p for p in json.loads((self.dir / "plugins.lock").read_text())["plugins"]}
        self.assertEqual(pins["probe.so"]["sha256"], t.sha(self.plugin))
        self.assertEqual((pins["probe.so"]["id"], pins["probe.so"]["version"]), ("org.example.e2e-probe", "1.0.0"))
        self.assertIn("text-filters.so", pins)
        self.run_job(self.recipe_file, "--plugin-path", self.plugin, "--locked")
        self.run_job(self.recipe_file, "--plugin-path", self.plugin)
        # The same version, changed code: refused, by run and plan, with --locked or without, before any of it runs.
        self.put(CHANGED)
        for words in ([], ["--locked"]):
            for command in ("run", "plan"):
                self.refused(t.PLUGIN, command, *self.words, *words,
                             says=[str(self.plugin), t.sha(PROBE), t.sha(CHANGED), str(self.dir / "plugins.lock")])
        self.put(PROBE)
        other = self.folder / "other.so"
        shutil.copy(t.PLUGINS / "zoo.so", other)
        self.refused(t.PLUGIN, "run", *self.words, "--plugin-path", other, says=[str(other), "is not pinned"])
        # A change that is meant.
        self.put(CHANGED)
        self.lock("--plugin-path", self.plugin)
        self.run_job(self.recipe_file, "--plugin-path", self.plugin)

    def test_lock_elsewhere(self):
        elsewhere = self.dir / "pins" / "p.lock"
        self.lock("--plugin-path", self.plugin, "--output", elsewhere)
        self.run_job(self.recipe_file, "--plugin-path", self.plugin, "--plugins-lock", elsewhere)
        self.put(CHANGED)
        self.refused(t.PLUGIN, "run", *self.words, "--plugins-lock", elsewhere, says=["is not the one"])
        self.run_job(self.recipe_file, "--plugin-path", self.plugin)  # no lock beside the recipe
        self.refused(t.PLUGIN, "run", *self.words, "--plugins-lock", self.dir / "none.lock", says=["none.lock"])

    def test_lock_that_is_none(self):
        for content in (b"", b"{", b"[]", b'{"format": 2, "plugins": []}', b'{"format": 1, "plugins": [{"file": "probe.so"}]}',
                        b"\xff\x00"):
            self.write("plugins.lock", content)
            self.refused(t.PLUGIN, "run", *self.words, says=["plugins.lock", "ophost plugins lock"])


if __name__ == "__main__":
    t.main()
