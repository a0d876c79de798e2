"""The zoo of bad operators (tests/zoo): one record in 2,500 makes an operator do what no operator may do. Exactly that record
goes into quarantine, every other one is untouched, and with a mended plugin nobody could tell that there was a fault.

What a host with threads can survive runs with threads, and everything with worker processes (`--isolation process`)
where the host offers them.
"""
import json
import os
import unittest

import ophost_test as t

ZOO, MENDED = t.PLUGINS / "zoo.so", t.PLUGINS / "zoo_mended.so"
RECORDS, GUILTY = 2500, 1234  # how many, and which one holds the marker (counted from 0)

# Exactly the guilty record must be put aside, and what the reason must say.
QUARANTINED = {
    "error_whole": "the zoo fails this call",
    "error_row": "the zoo refuses this row",
    "row_error": "the zoo reports this row",
    "silent_error": "without a message",
    "unknown_status": "a status that does not exist",
    "error_elsewhere": "a row that is not there",
    "endless_message": "xxxx",
    "rubbish_message": "not UTF-8",
    "replaced_error": "without a message",
    "row_error_without_text": "no reason",
    "row_error_beyond": "not live",
    "throw": "thrown by the zoo",
    "throw_int": "threw something",
    "throw_bad_alloc": "exception",
    "no_output": "without a value",
    "output_twice": "second time",
    "error_and_output": "both an error and a value",
    "column_beyond": "did not declare",
    "row_beyond": "not live",
    "keep_beyond": "not live",
    "append_null": "null pointer",
    "append_endless": "64 GiB",
    "append_rubbish": "not UTF-8",
    "append_half_character": "not UTF-8",
    "fixed_for_text": "another type",
    "fixed_wide": "another type",
    "made_a_row": "next_row",
    "json_rubbish": "no JSON value",
    "json_two_values": "no JSON value",
    "json_member": "no JSON value",
    "json_lines": "several lines",
}
# Not even that: the host bears it and nothing changes.
HARMLESS = ["io_twice", "scratch_endless", "resource_too_late", "logs_rubbish", "asks_for_nothing", "locale", "cwd", "rounding",
            "environment", "signals", "leak", "leak_descriptors", "threads"]
# They take the process with them, or the rest of its life; the host with threads cannot survive them.
DEADLY = ["segv", "bus", "fpe", "illegal", "abort", "kill", "exit", "_exit", "pthread_exit", "stack", "hang", "sleep",
          "alloc", "overrun", "close", "throw_on_thread", "stop"]
# Nobody can say at which record they come to light: nothing may be lost, and that is all.
SOMEHOW = ["umask", "free_input", "scribble", "fork"]

HAS_PROCESSES = "--isolation" in t.call(t.OPHOST, "run", "--help").out
BOUNDS = ["--op-timeout", "5", "--worker-memory", "2G"]


def lines():
    out = [line for line in t.corpus(77, RECORDS + 50) if b"\r" not in line][:RECORDS]
    record = json.loads(out[GUILTY])
    record["text"] += " POISON"
    out[GUILTY] = json.dumps(record, ensure_ascii=False).encode()
    return out


class Zoo(t.Case):
    @classmethod
    def setUpClass(cls):
        cls.lines = lines()

    def setUp(self):
        super().setUp()
        self.write("in.jsonl", self.lines)

    def job(self, fault, *words, plugin=ZOO):
        # Paths relative to the folder the command runs in: an operator that changes it must not move the output.
        recipe = self.recipe([{"text_length_filter": {"min_len": 0}}, {"zoo_mapper": {"fault": fault}},
                              {"words_num_filter": {"min_num": 0}}], dataset_path="in.jsonl", export_path="out/out.jsonl")
        # A leak is what this misdeed is; LeakSanitizer would be right, and end the run with an exit code of its own.
        env = None
        if fault == "leak":
            env = t.environment(ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
        result = self.run_job(recipe, "--fresh", "--plugin-path", plugin, "--workers", "2", "--partition.mode", "manual",
                              "--partition.size", "1000", *words, env=env)
        out = (self.dir / "out" / "out.jsonl").read_bytes().split(b"\n")[:-1]
        stats = (self.dir / "out" / "out_stats.jsonl").read_bytes().split(b"\n")[:-1]
        self.assertEqual(len(stats), len(out))
        for line in stats:
            json.loads(line)
        return result, out

    def check_guilty(self, fault, result, out, says=""):
        self.assertEqual(out, self.lines[:GUILTY] + self.lines[GUILTY + 1:], "other records than the guilty one changed")
        self.assertEqual((result["input_records"], result["output_records"], result["quarantined"]), (RECORDS, RECORDS - 1, 1))
        entry, = self.quarantine(result)
        self.assertEqual((entry["line"], entry["operation_name"], entry["plugin"], entry["plugin_version"]),
                         (GUILTY + 1, "zoo_mapper", "org.example.zoo", "1.0.0"))
        self.assertEqual(entry["raw"].encode(), self.lines[GUILTY])
        self.assertIn(says, entry["reason"], fault)
        self.assertNotEqual(entry["reason"].strip(), "")

    def check_mended(self):
        result, out = self.job("throw", plugin=MENDED)
        self.assertEqual((result["quarantined"], out), (0, self.lines))

    def survivable(self, *words):
        self.check_mended()
        for fault, says in QUARANTINED.items():
            with self.subTest(fault=fault):
                result, out = self.job(fault, *words)
                self.check_guilty(fault, result, out, says)
        for fault in HARMLESS:
            with self.subTest(fault=fault):
                result, out = self.job(fault, *words)
                self.assertEqual((result["quarantined"], out), (0, self.lines))
        with self.subTest(fault="liar"):  # one that breaks its promises: nobody is lost
            result, out = self.job("liar", *words)
            self.assertEqual(len(out), RECORDS)
            self.assertEqual(out[:GUILTY] + out[GUILTY + 1:], self.lines[:GUILTY] + self.lines[GUILTY + 1:])
        with self.subTest(fault="rows_backwards"):  # the row before it got its value twice
            result, out = self.job("rows_backwards", *words)
            self.assertLessEqual(result["quarantined"], 2)
        self.verify_store(self.dir / "out" / "store")

    def test_survivable_with_threads(self):
        self.survivable(*(["--isolation", "thread"] if HAS_PROCESSES else []))

    def test_policies(self):
        """What becomes of the guilty record is the recipe's to say, whatever the operator did."""
        for policy, left in (("drop", RECORDS - 1), ("keep", RECORDS)):
            recipe = self.recipe([{"zoo_mapper": {"fault": "throw", "on_error": policy}}])
            result = self.run_job(recipe, "--fresh", "--plugin-path", ZOO)
            self.assertEqual((result["output_records"], result["quarantined"]), (left, 0))
        recipe = self.recipe([{"zoo_mapper": {"fault": "throw", "on_error": "fail"}}])
        self.refused(t.FAILED, "run", "--config", recipe, "--fresh", "--plugin-path", ZOO,
                     says=["zoo_mapper", f"in.jsonl:{GUILTY + 1}: ", "thrown by the zoo"])

    @unittest.skipUnless(HAS_PROCESSES, "this ophost has no --isolation process")
    def test_survivable_with_processes(self):
        self.survivable("--isolation", "process")

    @unittest.skipUnless(HAS_PROCESSES, "this ophost has no --isolation process")
    def test_deadly(self):
        words = ["--isolation", "process", *BOUNDS]
        for fault in DEADLY:
            with self.subTest(fault=fault):
                result, out = self.job(fault, *words)
                self.check_guilty(fault, result, out)
        with self.subTest(fault="spoil_store"):  # no part of the store is within a worker's reach
            result, out = self.job("spoil_store", *words)
            self.assertEqual((result["quarantined"], out), (0, self.lines))
            self.verify_store(self.dir / "out" / "store")
        for fault in SOMEHOW:
            with self.subTest(fault=fault):
                result, out = self.job(fault, *words)
                entries = self.quarantine(result)
                self.assertEqual(len(out) + len(entries), RECORDS)
                self.assertTrue({e["line"] for e in entries} <= {GUILTY + 1}, entries)
        self.verify_store(self.dir / "out" / "store")
        self.check_mended()


if __name__ == "__main__":
    t.main()
