"""SIGINT and SIGTERM stop a job cleanly and say how to go on; a second signal ends it at once."""
import json
import random
import signal
import subprocess
import time

import ophost_test as t

PLUGIN = t.PLUGINS / "probe_1_0_0.so"


class Stop(t.Case):
    def begin(self, sleep_us, *words, job="j"):
        process = [{"whitespace_normalization_mapper": None}, {"e2e_probe_mapper": {"mark": "!", "sleep_us": sleep_us}},
                   {"document_deduplicator": None}, {"text_length_filter": {"min_len": 5}}]
        recipe = self.recipe(process, f"r{sleep_us}.yaml", export_path=str(self.dir / f"{job}-out" / "out.jsonl"))
        command = [str(t.OPHOST), "run", "--config", str(recipe), "--plugin-path", str(PLUGIN), "--job_id", job,
                   "--partition.mode", "manual", "--partition.size", "50", "--workers", "2", *words]
        return command, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=t.environment())

    def wait_for(self, what, process, job="j"):
        """Until the job's events hold what is wanted; a job that ends before is an error of the test."""
        for _ in range(6000):
            found = [e for run in t.events(self.dir / f"{job}-out" / job)[-1:] for e in run]
            if what(found):
                return found
            self.assertIsNone(process.poll(), "the job ended too early")
            time.sleep(0.01)
        self.fail("the job did not come so far")

    def reference(self, sleep_us=0):
        command, process = self.begin(sleep_us, job="whole")
        self.assertEqual(process.wait(), 0, process.communicate()[1])
        process.communicate()
        return t.sha(self.dir / "whole-out/out.jsonl")

    def test_stop_in_the_middle_and_resume(self):
        self.write("in.jsonl", t.corpus(31, 1000))
        whole = self.reference()
        for sig in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=sig):
                job = f"j{int(sig)}"
                command, process = self.begin(2000, job=job)
                self.wait_for(lambda es: sum(e["event_type"] == "op_complete" and e["operation_idx"] == 1 for e in es) >= 3, process, job)
                process.send_signal(sig)
                out, err = process.communicate(timeout=120)
                self.assertEqual(process.returncode, t.STOPPED, err.decode())
                self.assertIn(f"--job_id {job}", err.decode())
                self.assertRegex(err.decode(), "(?m)^stopped: ")
                self.assertFalse((self.dir / f"{job}-out" / "out.jsonl").exists())
                summary = json.loads((self.dir / f"{job}-out" / job / "job_summary.json").read_text())
                self.assertEqual(summary["status"], "stopped")
                stopped = t.events(self.dir / f"{job}-out" / job)[-1]
                self.assertEqual(stopped[-1]["event_type"], "job_stopped")
                self.verify_store(self.dir / f"{job}-out" / "store")
                done = {(e["operation_idx"], e.get("partition_id")) for e in stopped if e["event_type"] == "op_complete"}
                resumed = t.call(*command)
                self.assertEqual(resumed.code, t.OK, str(resumed))
                again = {(e["operation_idx"], e.get("partition_id")) for e in t.events(self.dir / f"{job}-out" / job)[-1]
                         if e["event_type"] == "op_start"}
                self.assertFalse(done & again, "finished work was done again")
                self.assertEqual(json.loads((self.dir / f"{job}-out" / job / "job_summary.json").read_text())["status"], "completed")
                # sleep_us is a parameter like any other, so the reference differs only in its name.
                self.assertEqual(t.sha(self.dir / f"{job}-out" / "out.jsonl"), whole)

    def test_at_any_instant(self):
        self.write("in.jsonl", t.corpus(31, 1000))
        begin = time.monotonic()
        whole = self.reference()
        seconds = time.monotonic() - begin
        draw = random.Random(t.SEED)
        for i in range(60 if t.SOAK else 12):
            job = f"any{i}"
            with self.subTest(seed=t.SEED, i=i):
                command, process = self.begin(0, job=job)
                try:
                    process.wait(draw.uniform(0, seconds * 1.1))
                except subprocess.TimeoutExpired:
                    process.send_signal(draw.choice([signal.SIGINT, signal.SIGTERM]))
                _, err = process.communicate(timeout=120)
                # Before its handlers are there a process simply dies of the signal.
                self.assertIn(process.returncode, (0, t.STOPPED, -signal.SIGINT, -signal.SIGTERM), err.decode())
                out = self.dir / f"{job}-out" / "out.jsonl"
                self.assertEqual(out.exists(), process.returncode == 0 or out.exists())
                if out.exists():
                    self.assertEqual(t.sha(out), whole)
                self.verify_store(self.dir / f"{job}-out" / "store")
                resumed = t.call(*command)
                self.assertEqual(resumed.code, t.OK, str(resumed))
                self.assertEqual(t.sha(out), whole)

    def test_a_second_signal_ends_it_at_once(self):
        self.write("in.jsonl", [json.dumps({"text": f"text number {i}"}).encode() for i in range(3)])
        command, process = self.begin(120_000_000)  # two minutes a record: the first signal cannot end it
        self.wait_for(lambda es: any(e["event_type"] == "op_start" and e["operation_idx"] == 1 for e in es), process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(process.poll(), "the first signal did not wait for the record in work")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + signal.SIGINT)
        self.verify_store(self.dir / "j-out" / "store")

    def test_stopped_job_that_is_resumed_by_name(self):
        self.write("in.jsonl", t.corpus(31, 1000))
        command, process = self.begin(2000)
        self.wait_for(lambda es: any(e["event_type"] == "op_complete" for e in es), process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
        self.assertEqual(process.returncode, t.STOPPED)
        command[command.index("--job_id")] = "--resume"
        self.assertEqual(t.call(*command).code, t.OK)


if __name__ == "__main__":
    t.main()
