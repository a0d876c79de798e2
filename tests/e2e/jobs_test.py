"""Jobs a person can see and stop: ophost jobs, monitor, stop, events and report tell the truth about running, completed,
failed, stopped, killed and resumed jobs; what a job leaves in its folder keeps its rules."""
import fcntl
import json
import os
import pathlib
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
from conservation_test import draw_operator
from event_rules import SCHEMA, check_grammar, check_lines, faults
from reshape_test import PROCESS as RESHAPING

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


class Sums(JobCase):
    def test_events_and_summary_balance(self):
        offered = t.operators()
        r = self.random
        for n in range(8 if t.SOAK else 3):
            job = f"sum{n}"
            process = [draw_operator(r, offered) for _ in range(r.randint(1, 7))]
            workers = r.choice([1, 2, 3])
            with self.subTest(seed=t.SEED, process=process, workers=workers):
                recipe = self.recipe(process, f"{job}.yaml", export_path=str(self.dir / "out" / f"{job}.jsonl"))
                result = self.run_job(recipe, "--plugin-path", PLUGIN, "--job_id", job, "--workers", workers, "--partition.mode",
                                      "manual", "--partition.size", r.choice([30, 200]), "--isolation", r.choice(["process", "thread"]))
                summary = self.summary(job)
                self.check_conserved(summary["result"])
                self.assertEqual(summary["result"], result)
                # What operators say they worked cannot be more than the workers had.
                busy = sum(op["stats"]["busy_ns"] for op in result["operators"]) / 1e9
                self.assertLessEqual(busy, result["duration"] * workers)
                run = self.check_runs(job, ["completed"])[0]
                reused = {k for k, op in enumerate(result["operators"]) if op["partitions_reused"]}
                told = sum(e["duration"] for e in run if e["event_type"] == "op_complete" and "partition_id" in e)
                self.assertLessEqual(told, result["duration"] * workers)
                for k, op in enumerate(result["operators"]):
                    mine = [e for e in run if e["event_type"] == "op_complete" and e["operation_idx"] == k]
                    per_partition = [e for e in mine if "partition_id" in e]
                    if k in reused or not mine:
                        continue
                    self.assertEqual(sum(e["input_rows"] for e in per_partition), op["stats"]["in"], op)
                    counted = [e for e in mine if e.get("phase") != "keys"]
                    self.assertEqual(sum(e["output_rows"] for e in counted), op["stats"]["out"], op)
                dropped = {e["operation_idx"]: e for e in run if e["event_type"] == "record_dropped_summary"}
                for k, op in enumerate(result["operators"]):
                    s = op["stats"]
                    lost = s["dropped"] + s["duplicates"] + s["grouped"] + s["quarantined"] + s["discarded"]
                    self.assertEqual(k in dropped, lost > 0)
                    if lost:
                        self.assertEqual({x: dropped[k][x] for x in ("dropped", "duplicates", "grouped", "quarantined", "discarded")},
                                         {x: s[x] for x in ("dropped", "duplicates", "grouped", "quarantined", "discarded")})
                # The monitor shows the same.
                shown = self.ask("monitor", job, "--json").json()
                for op, view in zip(result["operators"], shown["operators"]):
                    self.assertEqual((view["input_rows"], view["output_rows"], view["dropped"] + view["duplicates"] + view["quarantined"]),
                                     (op["stats"]["in"], op["stats"]["out"], op["stats"]["dropped"] + op["stats"]["discarded"]
                                      + op["stats"]["duplicates"] + op["stats"]["quarantined"]))


class Kinds(JobCase):
    def test_operators_of_every_kind_keep_the_grammar(self):
        lines = []
        for i, line in enumerate(t.corpus(21, 600)):
            record = json.loads(line)
            record.pop("meta", None)
            record["kind"] = "abcd"[i % 4]
            lines.append(json.dumps(record, ensure_ascii=False).encode())
        self.write("in.jsonl", lines)
        for isolation in ("process", "thread"):
            job = f"kinds-{isolation}"
            recipe = self.recipe(RESHAPING, f"{job}.yaml", export_path=str(self.dir / "out" / f"{job}.jsonl"), use_cache=False)
            result = self.run_job(recipe, "--job_id", job, "--workers", "2", "--isolation", isolation, "--partition.mode", "manual",
                                  "--partition.size", "130", "--checkpoint.strategy", "every_op")
            run = self.check_runs(job, ["completed"])[0]
            for k, op in enumerate(result["operators"]):
                done = [e for e in run if e["event_type"] == "op_complete" and e["operation_idx"] == k]
                self.assertTrue(done, op)
                per_partition = [e for e in done if e.get("phase") != "decision"]
                self.assertEqual(sum(e["input_rows"] for e in per_partition), op["stats"]["in"], op)
                self.assertEqual(sum(e["output_rows"] for e in done if e.get("phase") != "keys"), op["stats"]["out"], op)
            beats = [e for e in run if e["event_type"] == "heartbeat"]
            self.assertEqual(beats[-1]["bytes_done"], beats[-1]["bytes_total"])
            self.assertEqual(beats[-1]["progress"], 1)

    def test_an_operator_that_takes_its_worker_down(self):
        self.write("in.jsonl", [json.dumps({"text": f"text number {i}" + (" POISON" if i == 77 else "")}).encode() for i in range(200)])
        recipe = self.recipe([{"zoo_mapper": {"fault": "segv"}}], export_path=str(self.dir / "out" / "j.jsonl"))
        result = self.run_job(recipe, "--plugin-path", t.PLUGINS / "zoo.so", "--job_id", "j", "--workers", "2", "--partition.mode", "manual",
                              "--partition.size", "50")
        self.assertEqual(result["quarantined"], 1)
        run = self.check_runs("j", ["completed"])[0]
        crashed = [e for e in run if e["event_type"] == "plugin_crashed"]
        self.assertTrue(crashed)
        self.assertEqual({e["partition_id"] for e in crashed}, {1})
        self.assertEqual(sum(e["event_type"] == "record_quarantined" for e in run), 1)
        self.assertTrue(self.ask("monitor", "j", "--json").json()["troubles"])


class Events(JobCase):
    def test_heartbeats(self):
        self.finish(self.command(sleep_us=2500))
        run = self.check_runs("j", ["completed"])[0]
        beats = [e for e in run if e["event_type"] == "heartbeat"]
        self.assertGreaterEqual(len(beats), 2)  # one after a second, one at the end
        self.assertEqual(beats[-1]["bytes_done"], beats[-1]["bytes_total"])
        self.assertEqual(beats[-1]["eta_seconds"], 0)
        middle = [b for b in beats if b["bytes_total"] == beats[-1]["bytes_total"]]
        for a, b in zip(middle, middle[1:]):
            self.assertGreaterEqual(b["bytes_done"], a["bytes_done"])
            self.assertGreaterEqual(b["records"], a["records"])

    def test_the_types_are_those_of_the_schema(self):
        self.finish(self.command(sleep_us=0))
        err = self.refused(t.USAGE, "events", "j", "--type", "op_strat", says=["Did you mean 'op_start'?"]).err
        known = err.split("They are: ")[1].strip().split(", ")
        self.assertEqual(sorted(known), sorted(SCHEMA["properties"]["event_type"]["enum"]))
        self.assertTrue(faults({"event_type": "op_start"}, SCHEMA), "the checker lets everything through")

    def test_queries(self):
        self.finish(self.command(sleep_us=0))
        lines = [json.loads(line) for line in self.ask("events", "j", "--json").out.splitlines()]
        self.assertEqual(lines, t.events(self.folder())[0])

        def asked(*words):
            return [json.loads(line) for line in self.ask("events", "j", "--json", *words).out.splitlines()]

        self.assertEqual(asked("--type", "op_start,op_complete", "--type", "job_start"),
                         [e for e in lines if e["event_type"] in ("op_start", "op_complete", "job_start")])
        for op in ("document_deduplicator", "2"):
            self.assertEqual(asked("--op", op), [e for e in lines if e.get("operation_idx") == 2])
        self.assertEqual(asked("--partition", "3", "--type", "op_complete"),
                         [e for e in lines if e.get("partition_id") == 3 and e["event_type"] == "op_complete"])
        self.assertEqual(asked("--limit", "7"), lines[-7:])
        cut = lines[len(lines) // 2]["timestamp"]
        self.assertEqual(asked("--since", repr(cut)), [e for e in lines if e["timestamp"] >= cut])
        self.assertEqual(asked("--until", repr(cut)), [e for e in lines if e["timestamp"] <= cut])
        self.assertEqual(asked("--since", "1h"), lines)
        self.assertEqual(asked("--until", "1h"), [])
        self.assertEqual(asked("--since", time.strftime("%Y-%m-%d", time.localtime(lines[0]["timestamp"]))), lines)
        self.assertEqual(asked("--since", "2100-01-02T03:04:05Z"), [])
        self.refused(t.USAGE, "events", "j", "--since", "yesterday", says=["--since", "10m"])
        text = self.ask("events", "j", "--type", "op_complete").out
        self.assertEqual(len(text.splitlines()), sum(e["event_type"] == "op_complete" for e in lines))
        self.assertIn("document_deduplicator", text)
        # A line that a kill tore, and what is no event, are no trouble.
        path = next(self.folder().glob("events_*.jsonl"))
        path.write_bytes(path.read_bytes() + b'not json\n[1]\n{"event_type":"op_comp')
        self.assertEqual(asked(), lines)
        self.ask("report", "j")
        self.assertEqual(self.state(), "completed")

    def test_follow(self):
        command, process = self.begin(sleep_us=1000)
        self.wait_until(lambda: (self.folder() / "job_summary.json").exists(), process)
        follower = subprocess.Popen([str(t.OPHOST), "events", "j", "--follow", "--json"], cwd=self.dir, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, env=t.environment())
        self.started.append(follower)
        out, err = follower.communicate(timeout=120)
        self.assertEqual((follower.returncode, err), (0, b""))
        process.communicate(timeout=60)
        self.assertEqual([json.loads(line) for line in out.splitlines()], t.events(self.folder())[0])

    def test_no_event_log(self):
        self.finish(self.command("--event_logging.enabled", "false", sleep_us=0))
        self.assertEqual(list(self.folder().glob("events_*")), [])
        self.assertEqual(self.state(), "completed")
        self.ask("report", "j")
        self.refused(t.USAGE, "events", "j", says=["event_logging"])


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
