"""What a job leaves in its event log and summary keeps its rules, and ophost events finds it."""
import json
import subprocess
import time

import ophost_test as t
from conservation_test import draw_operator
from event_rules import SCHEMA, faults
from job_case import PLUGIN, JobCase
from reshape_test import PROCESS as RESHAPING


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

if __name__ == "__main__":
    t.main()
