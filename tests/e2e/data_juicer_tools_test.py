"""Data-Juicer's own job tools (data_juicer.utils.job: monitor, snapshot, stopper, JobUtils) read our jobs and say what is
true of them. Needs a Python that has data_juicer, named by OPHOST_DJ_PYTHON; without it there is nothing to ask, and the
test says so and is skipped."""
import json
import os
import subprocess
import sys
import time
import unittest

import ophost_test as t
from job_case import JobCase

PYTHON = os.environ.get("OPHOST_DJ_PYTHON", "")

# Runs in the other interpreter: asks every tool for a job, and prints what they say as one JSON object.
ASK = r"""
import contextlib, io, json, sys
from data_juicer.utils.job.common import JobUtils, list_running_jobs
from data_juicer.utils.job.monitor import show_job_progress
from data_juicer.utils.job.snapshot import ProcessingSnapshotAnalyzer
base, job = sys.argv[1:]
text = io.StringIO()
with contextlib.redirect_stdout(text):
    progress = show_job_progress(job, base_dir=base, detailed=True)
utils = JobUtils(job, base_dir=base)
analyzer = ProcessingSnapshotAnalyzer(f"{base}/{job}")
print(json.dumps({
    "version": __import__("data_juicer").__version__,
    "text": text.getvalue(), "progress": progress, "summary": utils.load_job_summary(), "events": len(utils.load_event_logs()),
    "ids": {k: sorted(v) for k, v in utils.extract_process_thread_ids().items()},
    "snapshot": analyzer.to_json_dict(analyzer.generate_snapshot()), "list": list_running_jobs(base)}, default=str))
"""


@unittest.skipUnless(PYTHON, "OPHOST_DJ_PYTHON names no Python with data_juicer")
class DataJuicer(JobCase):
    OPERATORS = 4

    def dj(self, job="j"):
        done = subprocess.run([PYTHON, "-c", ASK, str(self.dir / "out"), job], capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr.decode()[-3000:])
        return json.loads(done.stdout.decode().splitlines()[-1])

    def tool(self, *words):
        done = subprocess.run([PYTHON, "-m", *words], capture_output=True, timeout=300, cwd=self.dir)
        self.assertEqual(done.returncode, 0, done.stderr.decode()[-3000:])
        return done.stdout.decode()

    def check_common(self, said, status, processes):
        self.assertEqual(said["progress"]["overall_progress"]["job_status"], status)
        self.assertIn(f"Status: {status.upper()}", said["text"])
        self.assertIn(str(self.dir / "in.jsonl"), said["text"])
        self.assertIn("Total Samples: 1,000", said["text"])
        self.assertIn("Partition Size: 50 samples", said["text"])
        self.assertEqual(said["progress"]["overall_progress"]["total_partitions"], 20)
        self.assertEqual(said["progress"]["overall_progress"]["total_samples"], 1000)
        (row,) = [r for r in said["list"] if r["job_id"] == "j"]
        self.assertEqual((row["status"], row["processes"]), (status, processes))
        self.assertEqual(said["snapshot"]["job_info"]["status"], status)
        self.assertEqual(said["snapshot"]["progress_summary"]["total_partitions"], 20)
        self.assertEqual(said["snapshot"]["checkpointing"]["strategy"], "every_op")
        self.assertEqual(said["snapshot"]["dag_structure"]["total_nodes"], self.OPERATORS)
        # The same as our own tools, where both count the same thing.
        ours = self.ask("monitor", "j", "--json").json()
        self.assertEqual(ours["status"], status)
        self.assertEqual(set(said["progress"]) - set(ours), set(), "keys of Data-Juicer's that ours has not")
        self.assertEqual(set(said["progress"]["overall_progress"]) - set(ours["overall_progress"]), set())
        for p, theirs in said["progress"]["partition_status"].items():
            self.assertEqual(set(theirs) - set(ours["partition_status"][p]), set())
        return ours

    def test_finished(self):
        begun = time.time()
        self.finish(self.command(sleep_us=500))
        ended = time.time()
        said = self.dj()
        ours = self.check_common(said, "completed", 0)
        overall = said["progress"]["overall_progress"]
        self.assertEqual((overall["completed_partitions"], overall["processing_partitions"], overall["failed_partitions"]), (20, 0, 0))
        self.assertEqual((overall["progress_percentage"], overall["processed_samples"]), (100, 1000))
        self.assertEqual(said["snapshot"]["overall_status"], "completed")
        self.assertEqual(said["snapshot"]["progress_summary"]["completed_partitions"], 20)
        # Every operator on every partition, and a decision of the deduplicator over all of them.
        progress = said["snapshot"]["progress_summary"]
        self.assertEqual(progress["total_operations"], self.OPERATORS * 20 + 1)
        self.assertEqual(progress["completed_operations"] + progress["checkpointed_operations"], progress["total_operations"])
        self.assertEqual(progress["checkpointed_operations"], 3 * 20)
        self.assertEqual(progress["failed_operations"], 0)
        # Times: of the job, and inside the operators, which cannot be more than the workers had.
        summary = self.summary()
        self.assertEqual(said["snapshot"]["total_duration"], summary["duration"])
        self.assertEqual(said["snapshot"]["timing"]["timing_source"], "job_summary")
        self.assertGreaterEqual(said["snapshot"]["job_start_time"], begun - 0.01)
        self.assertLessEqual(said["snapshot"]["job_end_time"], ended + 0.01)
        self.assertRegex(said["text"], rf"Duration: {summary['duration']:.1f} seconds")
        for p, status in said["progress"]["partition_status"].items():
            self.assertEqual(status["status"], "completed")
            self.assertEqual(status["sample_count"], 50)
            self.assertEqual([op["idx"] for op in status["completed_ops"]], [0, 1, 2, 3])
            probe = status["completed_ops"][1]
            self.assertEqual((probe["input_rows"], probe["output_rows"]), (50, 50))
            # It sleeps 500 us a record: this is the operator's own time, not that of the whole partition or job.
            self.assertGreaterEqual(probe["duration"], 50 * 500e-6)
            self.assertLess(status["completed_ops"][0]["duration"], probe["duration"])
            self.assertAlmostEqual(probe["throughput"], 50 / probe["duration"], places=6)
            self.assertEqual(len(status["checkpoints"]), 3)
            for mine, theirs in zip(ours["partition_status"][p]["completed_ops"], status["completed_ops"]):
                self.assertEqual(mine, theirs)
            self.assertEqual(ours["partition_status"][p]["checkpoints"], status["checkpoints"])
        busy = sum(op["duration"] for s in said["progress"]["partition_status"].values() for op in s["completed_ops"])
        self.assertLessEqual(busy, summary["duration"] * 2)
        self.assertIn("Status: COMPLETED", self.tool("data_juicer.utils.job.monitor", "j", "--base-dir", "out"))
        self.assertRegex(self.tool("data_juicer.utils.job.snapshot", "out/j", "--human-readable"), r"Partitions: 20/20 completed")
        self.assertRegex(self.tool("data_juicer.utils.job.stopper", "--list", "--base-dir", "out"), r"j \| Status: completed \| Processes: 0")

    def test_running_then_killed_then_resumed(self):
        # Slow enough that the other interpreter, which takes seconds to start, finds it at work.
        command, process = self.begin(sleep_us=40_000)
        self.wait_for_work(process, tasks=2)
        said = self.dj()
        self.assertIsNone(process.poll())
        self.check_common(said, "running", 1)
        overall = said["progress"]["overall_progress"]
        self.assertGreaterEqual(overall["processing_partitions"], 2)
        self.assertEqual((overall["completed_partitions"], overall["failed_partitions"]), (0, 0))
        self.assertEqual(said["snapshot"]["overall_status"], "in_progress")
        self.assertIn(process.pid, said["ids"]["process_ids"])
        self.assertTrue(said["snapshot"]["checkpointing"]["resumable"])
        self.assertIsNone(said["snapshot"]["job_end_time"])
        self.assertRegex(self.tool("data_juicer.utils.job.stopper", "--list", "--base-dir", "out"), r"j \| Status: running \| Processes: 1")
        start = said["snapshot"]["job_start_time"]

        self.kill(process)
        self.wait_until(lambda: self.summary()["status"] == "killed")  # its workers say so; nobody had to look
        said = self.dj()
        self.check_common(said, "killed", 0)
        self.assertEqual(said["snapshot"]["job_start_time"], start)
        self.assertAlmostEqual(said["snapshot"]["total_duration"], said["snapshot"]["job_end_time"] - start, places=3)
        self.assertTrue(said["snapshot"]["checkpointing"]["resumable"])
        self.assertGreater(said["snapshot"]["progress_summary"]["checkpointed_operations"], 0)
        self.assertLess(said["progress"]["overall_progress"]["completed_partitions"], 20)

        _, process = self.begin(sleep_us=40_000)
        self.wait_for_work(process, tasks=1)
        said = self.ask("stop", "j", "--json").json()
        self.assertEqual(said["status"], "stopped")
        process.communicate()
        said = self.dj()
        self.check_common(said, "stopped", 0)
        self.assertEqual(said["summary"]["start_time"], start)
        self.assertEqual(said["summary"]["restarts"], 1)

    def test_resumed_to_its_end(self):
        command, process = self.begin()
        self.wait_for_work(process)
        self.kill(process)
        self.wait_until(lambda: self.summary()["status"] == "killed")
        self.finish(command)
        said = self.dj()
        self.check_common(said, "completed", 0)
        self.assertEqual(said["progress"]["overall_progress"]["completed_partitions"], 20)
        self.assertEqual(said["snapshot"]["overall_status"], "completed")
        # A third run, in which there is nothing to do.
        self.finish(command)
        said = self.dj()
        self.check_common(said, "completed", 0)
        self.assertEqual(said["progress"]["overall_progress"]["processed_samples"], 1000)
        self.assertEqual(said["snapshot"]["overall_status"], "completed")

    def test_failed(self):
        outcome = t.call(*self.command(sleep_us=0, poison="science", on_error="fail"), cwd=self.dir)
        self.assertEqual(outcome.code, t.FAILED)
        said = self.dj()
        self.check_common(said, "failed", 0)
        self.assertIn("on_error: fail", said["snapshot"]["job_info"]["error_message"])
        self.assertGreaterEqual(said["snapshot"]["progress_summary"]["failed_operations"], 1)
        self.assertGreaterEqual(said["snapshot"]["progress_summary"]["failed_partitions"], 1)

    def test_stopped_by_data_juicers_stopper(self):
        clean = self.clean_sha()
        command, process = self.begin(sleep_us=40_000)
        self.wait_for_work(process, tasks=2)
        stopper = subprocess.Popen([PYTHON, "-m", "data_juicer.utils.job.stopper", "j", "--base-dir", "out"], cwd=self.dir,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.started.append(stopper)
        process.communicate(timeout=60)  # it waits until its process is gone, and a zombie is not
        out, err = stopper.communicate(timeout=60)
        self.assertIn(b"stopped successfully", out, err)
        self.assertEqual(process.returncode, t.STOPPED)
        self.assertEqual(self.summary()["status"], "stopped")
        command = self.command(sleep_us=0)  # the mark is the same, and so is the result
        self.assertEqual(self.finish(command), clean)
        self.assertEqual(self.summary()["restarts"], 1)


if __name__ == "__main__":
    if not PYTHON:
        print("skipped: OPHOST_DJ_PYTHON names no Python with data_juicer", file=sys.stderr)
    t.main()
