"""An operator in C, in one file, built away from the source tree against the installed SDK, runs in a recipe."""
import json
import os
import shutil
import subprocess
import unittest

import ophost_test as t

CMAKE = os.environ.get("OPHOST_CMAKE", "cmake")
CC = os.environ.get("OPHOST_CC", "cc")


class Foreign(t.Case):
    def setUp(self):
        super().setUp()
        if t.SANITIZED:
            raise unittest.SkipTest("a plugin built without the sanitizer is nothing to load into a sanitized host")
        self.prefix = self.dir / "sdk"
        self.must(CMAKE, "--install", t.BUILD, "--component", "sdk", "--prefix", self.prefix)
        texts = ["short", "long enough to be kept", "", "日本", "日本語です"]
        self.lines = [json.dumps({"text": x}, ensure_ascii=False).encode() for x in texts]
        self.write("in.jsonl", self.lines)
        self.kept = [line for line, x in zip(self.lines, texts) if len(x.encode()) >= 12]

    def must(self, *words, cwd=None):
        done = subprocess.run([str(w) for w in words], cwd=cwd, capture_output=True, env={**os.environ, "DESTDIR": ""})
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout.decode()}\n{done.stderr.decode()}")

    def runs(self, *words, env=None):
        out = self.dir / "out" / "out.jsonl"
        recipe = self.recipe([{"example_min_bytes_filter": {"min_bytes": 12}}, {"text_length_filter": {"min_len": 1}}])
        result = self.run_job(recipe, "--fresh", *words, env=env)
        self.assertEqual(out.read_bytes().splitlines(), self.kept)
        self.assertEqual(result["operators"][0]["stats"]["dropped"], len(self.lines) - len(self.kept))
        stats = [json.loads(s) for s in (self.dir / "out/out_stats.jsonl").read_bytes().splitlines()]
        self.assertEqual([s["__dj__stats__"]["num_bytes"] for s in stats], [len(json.loads(k)["text"].encode()) for k in self.kept])

    def test_one_command_of_the_compiler(self):
        source = self.dir / "mine" / "min_bytes.c"
        source.parent.mkdir()
        shutil.copy(self.prefix / "share/ophost/examples/c/min_bytes_filter.c", source)
        folder = self.dir / "plugins"
        folder.mkdir()
        self.must(CC, "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{self.prefix}/include",
                  source.name, "-o", folder / "min_bytes.so", cwd=source.parent)
        (folder / "min_bytes.so").chmod(0o755)
        self.runs("--plugin-path", folder / "min_bytes.so")
        self.runs("--plugin-path", folder)
        self.runs(env=t.environment(OPHOST_PLUGIN_PATH=f"/nowhere/else/{''}:{folder}".replace("/nowhere/else/:", f"{self.prefix}:")))
        plugins = {p["id"]: p for p in t.call(t.OPHOST, "plugins", "--json", "--plugin-path", folder).json()}
        mine = plugins["org.example.min-bytes"]
        self.assertEqual((mine["version"], mine["operators"]), ("1.0.0", ["example_min_bytes_filter"]))
        self.assertEqual(mine["file"], str((folder / "min_bytes.so").resolve()))

    def test_in_the_recipe_itself(self):
        """Data-Juicer's custom_operator_paths (M10)."""
        source = self.prefix / "share/ophost/examples/c/min_bytes_filter.c"
        self.must(CC, "-shared", "-fPIC", f"-I{self.prefix}/include", source, "-o", self.dir / "min_bytes.so")
        (self.dir / "min_bytes.so").chmod(0o755)
        recipe = self.recipe([{"example_min_bytes_filter": {"min_bytes": 12}}], custom_operator_paths=[str(self.dir / "min_bytes.so")])
        self.run_job(recipe)
        self.assertEqual((self.dir / "out/out.jsonl").read_bytes().splitlines(), self.kept)

    def test_the_package(self):
        project = self.dir / "project"
        shutil.copytree(self.prefix / "share/ophost/examples/c", project)
        self.must(CMAKE, "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_C_COMPILER={CC}")
        self.must(CMAKE, "--build", project / "build")
        built = project / "build" / "min-bytes.so"
        built.chmod(0o755)
        self.runs("--plugin-path", built)


if __name__ == "__main__":
    t.main()
