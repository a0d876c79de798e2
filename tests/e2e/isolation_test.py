"""Worker processes: the same bytes as threads, operators that fail for a while or altogether, and limits that hold."""
import os
import pathlib
import signal
import subprocess
import time
import unittest

import ophost_test as t

ZOO = t.PLUGINS / "zoo.so"
PARTITIONS = ["--workers", "2", "--partition.mode", "manual", "--partition.size", "100"]


def children(pid):
    try:
        return [int(c) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for c in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class Isolation(t.Case):
    def setUp(self):
        super().setUp()
        self.lines = t.corpus(8, 500)
        self.write("in.jsonl", self.lines)

    def zoo(self, fault, marker="POISON", **common):
        return self.recipe([{"text_length_filter": {"min_len": 0}}, {"zoo_mapper": {"fault": fault, "marker": marker, **common}}],
                           job_id="j")

    def test_same_bytes_as_threads(self):
        recipe = self.recipe(t.whole_recipe(), keep_stats_in_res_ds=True)
        seen = set()
        for isolation in ("process", "thread"):
            for workers in ("1", "3"):
                self.run_job(recipe, "--fresh", "--isolation", isolation, *PARTITIONS[2:], "--workers", workers)
                seen.add((t.sha(self.dir / "out/out.jsonl"), t.sha(self.dir / "out/out_stats.jsonl")))
        self.assertEqual(len(seen), 1)

    def test_failures_that_pass(self):
        """A refusal of the operating system is tried again, by the recipe's `retry`, with threads and with processes."""
        self.lines[7] = self.lines[7].replace(b'"text": "', b'"text": "POISON ', 1)
        self.assertIn(b"POISON", self.lines[7])
        self.write("in.jsonl", self.lines)
        quick = {"initial_delay_seconds": 0.01, "max_attempts": 3}
        for isolation in ("process", "thread"):
            for retry, aside in ((quick, 0), ({**quick, "max_attempts": 2}, 1), ("NO_RETRY", 1),
                                 ({**quick, "retry_on_exceptions": ["input"]}, 1), ({**quick, "retry_on_exceptions": ["Exception"]}, 0)):
                with self.subTest(isolation=isolation, retry=retry):
                    result = self.run_job(self.zoo("io_twice", retry=retry), "--fresh", "--isolation", isolation, "--plugin-path", ZOO)
                    self.assertEqual(result["quarantined"], aside)
        self.refused(t.USAGE, "run", "--config", self.zoo("io_twice", retry={"max_atempts": 3}), "--plugin-path", ZOO,
                     says=["process[1] zoo_mapper", "max_atempts", "max_attempts"])
        self.refused(t.USAGE, "run", "--config", self.zoo("io_twice", circuit_breaker="FRAGILE"), "--plugin-path", ZOO,
                     says=["process[1] zoo_mapper", "circuit_breaker", "SENSITIVE"])

    def test_an_operator_that_always_crashes(self):
        """The circuit breaker leaves it alone for a while, tries again, and gives up in a sentence."""
        self.write("in.jsonl", [b'{"text": "POISON %d"}' % i for i in range(300)])
        recipe = self.zoo("segv", circuit_breaker={"failure_threshold": 3, "timeout_seconds": 0.1})
        self.refused(t.PLUGIN, "run", "--config", recipe, *PARTITIONS, "--plugin-path", ZOO,
                     says=["process[1] zoo_mapper", "takes down every worker", "SIGSEGV"])
        self.assertFalse((self.dir / "out/out.jsonl").exists())
        kinds = [e["event_type"] for e in t.events(self.dir / "out/j")[-1]]
        for kind in ("plugin_crashed", "circuit_open", "circuit_half_open", "job_failed"):
            self.assertIn(kind, kinds)
        self.verify_store(self.dir / "out/store")

    def test_a_worker_that_is_killed(self):
        """From outside, while it works: its partition is done again, no record is blamed."""
        self.write("in.jsonl", self.lines * 20)
        recipe = self.recipe(t.whole_recipe(), job_id="j")
        self.run_job(recipe, "--fresh", *PARTITIONS)
        clean = t.sha(self.dir / "out/out.jsonl")
        command = [t.OPHOST, "run", "--config", recipe, "--fresh", "--quiet", *PARTITIONS]
        with subprocess.Popen([str(w) for w in command], cwd=self.dir, env=t.environment(), stderr=subprocess.PIPE) as p:
            killed = 0
            while killed < 2 and p.poll() is None:
                for worker in children(p.pid)[:1]:
                    os.kill(worker, signal.SIGKILL)
                    killed += 1
                    time.sleep(0.2)
            err = p.stderr.read().decode()
            self.assertEqual(p.wait(), 0, err)
        self.assertEqual(t.sha(self.dir / "out/out.jsonl"), clean)

    def test_no_worker_outlives_its_job(self):
        recipe = self.zoo("sleep", marker="e")
        with subprocess.Popen([str(t.OPHOST), "run", "--config", str(recipe), "--plugin-path", str(ZOO)], cwd=self.dir,
                              env=t.environment(), stderr=subprocess.DEVNULL) as p:
            workers = []
            for _ in range(500):
                workers = children(p.pid)
                if workers:
                    break
                time.sleep(0.01)
            time.sleep(0.5)
            workers = children(p.pid)
            self.assertTrue(workers)
            p.kill()
        for _ in range(500):
            if not any(os.path.exists(f"/proc/{w}/exe") and os.path.realpath(f"/proc/{w}/exe") for w in workers if children(w) is not None
                       and os.path.exists(f"/proc/{w}/stat") and " Z " not in pathlib.Path(f"/proc/{w}/stat").read_text()):
                return
            time.sleep(0.01)
        self.fail(f"workers are left: {workers}")

    def test_words(self):
        recipe = self.recipe([{"text_length_filter": {"min_len": 5}}])
        for word in ("--isolation=cloud", "--op-timeout=-1", "--worker-memory=lots", "--worker-memory=1K"):
            self.refused(t.USAGE, "run", "--config", recipe, word, says=[word.split("=")[0]])
        outcome = t.call(t.OPHOST, "worker")
        self.assertEqual(outcome.code, t.USAGE)
        self.assertIn("ophost run", outcome.err)


if __name__ == "__main__":
    t.main()
