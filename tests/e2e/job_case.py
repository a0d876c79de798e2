"""What the tests of jobs share: a job slow enough to be looked at, and what its folder must say of it."""
import json
import subprocess
import time

import ophost_test as t
from event_rules import check_grammar, check_lines

PLUGIN = t.PLUGINS / "probe_1_0_0.so"
WORKERS = 2
SLEEP = 20000 if t.SANITIZED else 2000  # microseconds per record: who looks must find the job at work


class JobCase(t.Case):
    def setUp(self):
        super().setUp()
        self.write("in.jsonl", t.corpus(31, 1000))
        self.started = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def command(self, *words, job="j", sleep_us=SLEEP, **probe):
        process = [{"whitespace_normalization_mapper": None},
                   {"e2e_probe_mapper": {"mark": "!", "sleep_us": sleep_us, **probe}},
                   {"document_deduplicator": None}, {"text_length_filter": {"min_len": 5}}]
        recipe = self.recipe(process, f"{job}.yaml", export_path=str(self.dir / "out" / f"{job}.jsonl"), work_dir=str(self.dir / "out"))
        return [str(t.OPHOST), "run", "--config", str(recipe), "--plugin-path", str(PLUGIN), "--job_id", job, "--checkpoint.strategy",
                "every_op", "--partition.mode", "manual", "--partition.size", "50", "--workers", str(WORKERS), *map(str, words)]

    def begin(self, *words, **more):
        command = self.command(*words, **more)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=t.environment(), cwd=self.dir)
        self.started.append(process)
        return command, process

    def folder(self, job="j"):
        return self.dir / "out" / job

    def summary(self, job="j"):
        return json.loads((self.folder(job) / "job_summary.json").read_text())

    def ask(self, command, *words, code=t.OK):
        outcome = t.call(t.OPHOST, command, *words, cwd=self.dir)
        self.assertEqual(outcome.code, code, f"ophost {command} {words}: {outcome}")
        return outcome

    def state(self, job="j"):
        """As jobs and monitor say it, which must agree."""
        rows = {row["job_id"]: row["status"] for row in self.ask("jobs", "--json").json()}
        shown = self.ask("monitor", job, "--json").json()
        self.assertEqual(rows.get(job), shown["status"])
        self.assertEqual(shown["overall_progress"]["job_status"], shown["status"])
        return shown["status"]

    def wait_until(self, what, process=None, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if what():
                return
            if process is not None:
                self.assertIsNone(process.poll(), "the job ended too early")
            time.sleep(0.01)
        self.fail("it did not come so far")

    def wait_for_work(self, process, job="j", tasks=3):
        """Until some partitions are through the slow operator in this run."""
        def enough():
            runs = t.events(self.folder(job)) if self.folder(job).exists() else []
            return runs and runs[-1][0]["process_id"] == process.pid and sum(e["event_type"] == "op_complete" and e["operation_idx"] == 1 for e in runs[-1]) >= tasks
        self.wait_until(enough, process)

    def kill(self, process, job="j"):
        self.assertEqual(self.summary(job)["pid"], process.pid)
        process.kill()
        process.communicate()

    def clean_sha(self):
        command = self.command(job="clean", sleep_us=0)
        outcome = t.call(*command, cwd=self.dir)
        self.assertEqual(outcome.code, t.OK, str(outcome))
        return t.sha(self.dir / "out" / "clean.jsonl")

    def finish(self, command, job="j"):
        outcome = t.call(*command, cwd=self.dir)
        self.assertEqual(outcome.code, t.OK, str(outcome))
        return t.sha(self.dir / "out" / f"{job}.jsonl")

    def check_runs(self, job, ends):
        """The event logs of all runs of a job: their lines, their grammar, and the runs that the summary remembers."""
        runs = t.events(self.folder(job))
        self.assertEqual(len(runs), len(ends))
        for n, (run, end) in enumerate(zip(runs, ends)):
            check_lines(self, run, job)
            check_grammar(self, run, end, restarted=n > 0 and ends[n - 1] != "completed")
            self.assertEqual(run[0]["run_attempt"], n + 1)
        summary = self.summary(job)
        if ends[-1] != "killed":
            self.assertEqual([r["status"] for r in summary["runs"]], list(ends))
            self.assertEqual([r["run"] for r in summary["runs"]], list(range(1, len(ends) + 1)))
        return runs
