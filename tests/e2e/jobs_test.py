"""Jobs a person can see and stop: ophost jobs, monitor, stop and report tell the truth about running, completed, failed,
stopped, killed and resumed jobs."""
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata

import ophost_test as t
from job_case import SLEEP, JobCase


class States(JobCase):
    def test_from_running_to_completed_by_way_of_everything(self):
        clean = self.clean_sha()
        began = time.time()
        command, process = self.begin(sleep_us=2 * SLEEP)
        self.wait_for_work(process)
        self.assertEqual(self.state(), "running")
        shown = self.ask("monitor", "j", "--json").json()
        self.assertEqual(shown["job_summary"]["pid"], process.pid)
        self.assertIsNone(shown["job_summary"]["end_time"])
        self.assertEqual(shown["overall_progress"]["total_partitions"], 20)
        self.assertGreaterEqual(shown["operators"][1]["input_rows"], 150)
        self.assertIn("RUNNING", self.ask("monitor", "j").out)

        # Stopped: within two seconds, resumable.
        stopping = time.monotonic()
        said = self.ask("stop", "j", "--json").json()
        self.assertLess(time.monotonic() - stopping, 2 if not t.SANITIZED else 20)
        self.assertEqual((said["success"], said["was_running"], said["status"]), (True, True, "stopped"))
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, t.STOPPED)
        self.assertRegex(err.decode(), r"(?m)^stopped: by SIGTERM from process \d+\. .*--job_id j$")
        self.assertEqual(self.state(), "stopped")
        summary = self.summary()
        self.assertIn("SIGTERM", summary["stop_reason"])
        self.assertIn("--job_id j", summary["resumption_command"])
        first_start = summary["start_time"]
        self.assertGreaterEqual(first_start, began - 0.01)
        self.assertFalse(self.ask("stop", "j", "--json").json()["was_running"])

        # Killed, with SIGKILL: its workers write it down.
        command, process = self.begin(sleep_us=2 * SLEEP)
        self.wait_for_work(process)
        self.assertEqual(self.state(), "running")
        self.kill(process)
        self.wait_until(lambda: self.summary()["status"] == "killed")
        self.assertEqual(self.state(), "killed")
        summary = self.summary()
        self.assertEqual((summary["start_time"], summary["restarts"], summary["run_attempt"]), (first_start, 1, 2))
        self.assertGreaterEqual(summary["end_time"], summary["run_start_time"])
        self.assertAlmostEqual(summary["run_duration"], summary["end_time"] - summary["run_start_time"], places=3)
        self.assertIn("killed", self.ask("jobs").out)

        # By force.
        command, process = self.begin(sleep_us=2 * SLEEP)
        self.wait_for_work(process)
        said = self.ask("stop", "j", "--force", "--json").json()
        self.assertEqual((said["success"], said["status"]), (True, "killed"))
        process.communicate()
        self.assertEqual(process.returncode, -signal.SIGKILL)

        # And completed.
        self.assertEqual(self.finish(command), clean)
        self.assertEqual(self.state(), "completed")
        summary = self.summary()
        self.assertEqual((summary["start_time"], summary["restarts"], summary["run_attempt"]), (first_start, 3, 4))
        self.assertEqual([r["status"] for r in summary["runs"]], ["stopped", "killed", "killed", "completed"])
        self.assertAlmostEqual(summary["duration"], sum(r["duration"] for r in summary["runs"]), places=3)
        runs = self.check_runs("j", ["stopped", "killed", "killed", "completed"])
        last = [e for e in runs[-1] if e["event_type"] == "heartbeat"][-1]
        self.assertEqual((last["bytes_done"], last["progress"]), (last["bytes_total"], 1))
        shown = self.ask("monitor", "j", "--json").json()
        self.assertEqual(shown["overall_progress"]["completed_partitions"], 20)
        self.assertEqual(shown["overall_progress"]["processed_samples"], 1000)

        # Again, with nothing to do: a new beginning.
        self.assertEqual(self.finish(command), clean)
        summary = self.summary()
        self.assertEqual((summary["restarts"], summary["run_attempt"]), (0, 5))
        self.assertGreater(summary["start_time"], first_start)
        self.check_runs("j", ["stopped", "killed", "killed", "completed", "completed"])

    def test_many_who_look_at_once_agree(self):
        command, process = self.begin("--isolation", "thread")
        self.wait_for_work(process)
        self.kill(process)
        lookers = [subprocess.Popen([str(t.OPHOST), "jobs", "--json"], cwd=self.dir, stdout=subprocess.PIPE) for _ in range(8)]
        self.started += lookers
        for looker in lookers:
            (row,) = json.loads(looker.communicate(timeout=60)[0])
            self.assertEqual(row["status"], "killed")
        self.assertEqual(self.summary()["status"], "killed")
        self.assertEqual(len(self.summary()["runs"]), 1)

    def test_killed_with_nobody_left_to_tell(self):
        command, process = self.begin("--isolation", "thread")
        self.wait_for_work(process)
        self.kill(process)
        self.assertEqual(self.summary()["status"], "running")  # it could not say more
        self.assertEqual(self.state(), "killed")
        self.assertEqual(self.summary()["status"], "killed")  # who looked has written it down
        self.finish(command)
        self.check_runs("j", ["killed", "completed"])

    def test_failed(self):
        command = self.command(sleep_us=0, poison="science", on_error="fail")
        outcome = t.call(*command, cwd=self.dir)
        self.assertEqual(outcome.code, t.FAILED, str(outcome))
        self.assertEqual(self.state(), "failed")
        summary = self.summary()
        self.assertIn("e2e_probe_mapper", summary["error_message"])
        runs = self.check_runs("j", ["failed"])
        self.assertTrue(any(e["event_type"] == "op_failed" and e["operation_idx"] == 1 for e in runs[0]))
        shown = self.ask("monitor", "j", "--json").json()
        failed = [p for p in shown["partition_status"].values() if p["status"] == "failed"]
        self.assertEqual(len(failed), shown["overall_progress"]["failed_partitions"])
        self.assertTrue(failed and all("on_error: fail" in p["error_message"] for p in failed))
        for command_ in ("monitor", "report"):
            self.assertIn("on_error: fail", self.ask(command_, "j").out.replace("\n", " "))

    def test_failed_before_it_began(self):
        command = self.command()
        (self.dir / "in.jsonl").unlink()
        self.assertEqual(t.call(*command, cwd=self.dir).code, t.INPUT)
        self.assertEqual(self.state(), "failed")
        self.check_runs("j", ["failed"])
        self.write("in.jsonl", t.corpus(31, 100))
        self.finish(command)
        self.check_runs("j", ["failed", "completed"])

    def test_a_number_that_was_used_again_is_not_the_job(self):
        command, process = self.begin("--isolation", "thread")
        self.wait_for_work(process)
        self.kill(process)
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        self.started.append(other)
        summary = self.summary()
        summary["pid"] = other.pid  # as if the system had given the number to somebody else
        (self.folder() / "job_summary.json").write_text(json.dumps(summary))
        self.assertEqual(self.state(), "killed")
        for force in ([], ["--force"]):
            self.assertFalse(self.ask("stop", "j", "--json", *force).json()["was_running"])
        self.assertIsNone(other.poll(), "stop hit a process that is not the job's")

    def test_a_job_whose_lock_is_held_runs(self):
        self.finish(self.command(sleep_us=0))
        summary = self.summary()
        summary.update(status="running", pid=1 << 22, process_start_ticks=1)
        (self.folder() / "job_summary.json").write_text(json.dumps(summary))
        with open(self.folder() / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertEqual(self.state(), "running")
            self.refused(t.FAILED, "stop", "j", says=["lock"])
        self.assertEqual(self.state(), "killed")

    def test_who_only_looks_disturbs_nobody(self):
        command, process = self.begin(sleep_us=1000)
        self.wait_until(lambda: (self.folder() / "job_summary.json").exists(), process)
        while process.poll() is None:
            self.ask("jobs")
            self.ask("monitor", "j")
        self.assertEqual(process.returncode, 0, process.communicate()[1])
        # A job that was killed is taken up again while somebody watches.
        for n in range(3):
            command, process = self.begin(job=f"k{n}", sleep_us=1100 + n)
            self.wait_for_work(process, f"k{n}")
            self.kill(process, f"k{n}")
            watcher = subprocess.Popen([str(t.OPHOST), "jobs"], cwd=self.dir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.started.append(watcher)
            self.finish(command, f"k{n}")
            watcher.wait()

    def test_deadline(self):
        clean = self.clean_sha()
        command, process = self.begin("--deadline", "2s", sleep_us=4000)
        begun = time.monotonic()
        _, err = process.communicate(timeout=120)
        took = time.monotonic() - begun
        self.assertEqual(process.returncode, t.STOPPED, err.decode())
        self.assertRegex(err.decode(), r"^stopped: because the deadline of 2s is near\. .*--job_id j\n$")
        self.assertLess(took, 2.5 if not t.SANITIZED else 20)
        self.assertIn("deadline", self.summary()["stop_reason"])
        self.check_runs("j", ["stopped"])
        resumed = command[:command.index("--deadline")]
        self.assertEqual(self.finish(resumed), clean)
        runs = self.check_runs("j", ["stopped", "completed"])
        done = {(e["operation_idx"], e.get("partition_id")) for e in runs[0] if e["event_type"] == "op_complete"}
        again = {(e["operation_idx"], e.get("partition_id")) for e in runs[1] if e["event_type"] == "op_start"}
        self.assertTrue(done)
        self.assertFalse(done & again, "finished work was done again")

    def test_deadlines_that_are_none(self):
        for text in ("4x", "0s", "-1h", "soon", ""):
            self.refused(t.USAGE, *self.command("--deadline", text)[1:], says=["--deadline", "2h30m"])


class Screen(JobCase):
    def on_terminal(self, columns, *words):
        """What a command draws on a terminal of so many columns."""
        pid, fd = pty.fork()
        if pid == 0:
            env = t.environment(TERM="xterm", LC_ALL="C.UTF-8", COLUMNS="999")
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
            os.chdir(self.dir)
            os.execve(t.OPHOST, [str(t.OPHOST), *words], env)
        data = b""
        while True:
            try:
                piece = os.read(fd, 65536)
            except OSError:
                break
            if not piece:
                break
            data += piece
        os.close(fd)
        _, status = os.waitpid(pid, 0)
        self.assertEqual(status, 0)
        return data.decode()

    @staticmethod
    def width(line):
        return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)

    def test_fits_the_terminal(self):
        _, process = self.begin(sleep_us=3000)
        self.wait_for_work(process)
        for state in ("RUNNING", "STOPPED"):
            for columns in (80, 160, 60):
                for words in (["monitor", "j"], ["monitor", "j", "--detailed"]):
                    text = self.on_terminal(columns, *words)
                    self.assertIn("\033[", text)  # colours
                    plain = re.sub(r"\033\[[0-9;]*m", "", text).replace("\r\n", "\n")
                    self.assertIn(state, plain.split("\n")[0])
                    for line in plain.split("\n"):
                        if not line.startswith("Go on with: "):  # to be copied whole
                            self.assertLessEqual(self.width(line), columns, line)
                    self.assertIn("e2e_probe_mapper", plain)
                    self.assertEqual("dropped" in plain, columns == 160)
            if state == "RUNNING":
                self.ask("stop", "j")

    def test_watch_ends_with_the_job(self):
        _, process = self.begin(sleep_us=1500)
        self.wait_until(lambda: (self.folder() / "job_summary.json").exists(), process)
        text = self.on_terminal(100, "monitor", "j", "--watch", "--interval", "0.2")
        process.communicate(timeout=60)
        pictures = text.split("\033[H")[1:]
        self.assertGreater(len(pictures), 2)
        self.assertIn("RUNNING", pictures[0])
        self.assertIn("COMPLETED", pictures[-1])
        watched = self.ask("monitor", "j", "--watch", "--json").out.splitlines()
        self.assertEqual(json.loads(watched[-1])["status"], "completed")

    def test_plain_where_there_is_no_terminal(self):
        self.finish(self.command(sleep_us=0))
        for command in ("monitor", "report", "jobs"):
            out = self.ask(command).out
            self.assertNotIn("\033", out)
            self.assertIn("j", out)


class Choice(JobCase):
    def test_which_job_is_meant(self):
        self.finish(self.command(sleep_us=0, job="monday"), "monday")
        self.finish(self.command(sleep_us=0, job="tuesday"), "tuesday")
        self.assertIn("Job tuesday", self.ask("monitor").out)  # the newest
        for words in (["monday"], ["out/monday"], [str(self.folder("monday")) + "/"], ["monday", "--base-dir", "out"], ["monday", "--work_dir", "."]):
            self.assertIn("Job monday", self.ask("monitor", *words).out)
        self.refused(t.USAGE, "monitor", "mondey", says=["Did you mean 'monday'?", "current folder"])
        self.refused(t.USAGE, "stop", says=["ophost jobs"])
        self.refused(t.USAGE, "monitor", "monday", "tuesday", says=["one job at a time"])
        self.refused(t.USAGE, "report", "monday", "--base-dir", "nowhere", says=["nowhere"])
        self.refused(t.USAGE, "events", "out", says=["job_summary.json"])
        self.refused(t.USAGE, "jobs", "monday", says=["monitor monday"])
        self.refused(t.USAGE, "jobs", "--state", "runing", says=["Did you mean 'running'?"])
        self.refused(t.USAGE, "monitr", says=["Did you mean 'monitor'?"])
        (self.dir / "empty").mkdir()
        self.refused(t.USAGE, "monitor", "--base-dir", "empty", says=["no jobs", "--base-dir"])
        self.assertEqual(self.ask("jobs", "--base-dir", "empty", "--json").json(), [])
        rows = self.ask("jobs", "--json", "--state", "completed").json()
        self.assertEqual([r["job_id"] for r in rows], ["tuesday", "monday"])
        self.assertEqual(self.ask("jobs", "--json", "--state", "running").json(), [])
        for row in rows:
            self.assertEqual((row["input_records"], row["processes"]), (1000, 0))
        # Two of one name are not guessed between.
        (self.dir / "other" / "monday").mkdir(parents=True)
        (self.dir / "other" / "monday" / "job_summary.json").write_text('{"status": "completed"}')
        self.refused(t.USAGE, "monitor", "monday", says=["several", "other/monday"])
        # A damaged summary is named, and hides no other job.
        (self.dir / "other" / "monday" / "job_summary.json").write_text("[")
        outcome = self.ask("jobs", "--json")
        self.assertEqual(len(outcome.json()), 2)
        self.assertIn("other/monday", outcome.err)

    def test_help(self):
        for command in ("jobs", "monitor", "stop", "events", "report"):
            out = self.ask(command, "--help").out
            self.assertIn("Examples:", out)
            self.assertIn(f"ophost {command}", out)
            self.assertIn("--json", out)

    def test_what_lies_in_the_folder(self):
        self.finish(self.command(sleep_us=0))
        names = {str(p.relative_to(self.folder())) for p in self.folder().rglob("*") if p.is_file()}
        for name in ("job_summary.json", "dag_execution_plan.json", "metadata/dataset_mapping.json", "metadata/partitions.json",
                     "recipe.resolved.json", "cli.json", "j.yaml", "lock", "logs/job.log", "logs/errors.log"):
            self.assertIn(name, names)
        self.assertEqual((self.folder() / "j.yaml").read_bytes(), (self.dir / "j.yaml").read_bytes())
        mapping = json.loads((self.folder() / "metadata/dataset_mapping.json").read_text())
        self.assertEqual(mapping["original_dataset_size"], 1000)
        self.assertEqual({p["processing_status"] for p in mapping["partitions"]}, {"completed"})
        dag = json.loads((self.folder() / "dag_execution_plan.json").read_text())
        self.assertEqual(dag["execution_plan"], ["op_0", "op_1", "op_2", "op_3"])
        self.assertEqual(dag["parallel_groups"], [["op_0", "op_1", "op_2"], ["op_3"]])
        self.assertEqual(len(dag["edges"]), 3)
        command = json.loads((self.folder() / "cli.json").read_text())
        self.assertEqual(command["argv"], self.command(sleep_us=0))

if __name__ == "__main__":
    t.main()
