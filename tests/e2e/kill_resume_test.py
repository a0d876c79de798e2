"""A job that is killed at any instant goes on from what it had finished, and nobody can tell from its output.

Every case: run, SIGKILL after a random time (sometimes several times), look at what lies there, resume, compare.
"""
import pathlib
import random
import shutil
import subprocess
import time

import ophost_test as t

PARTITIONS = [["--partition.mode", "manual", "--partition.size", "150"],
              ["--partition.mode", "manual", "--partition.size", "600"],
              ["--partition.mode", "manual", "--partition.num_of_partitions", "3"]]
STRATEGIES = [["every_op"], ["every_n_ops", "--checkpoint.n_ops", "3"],
              ["manual", "--checkpoint.op_names", "whitespace_normalization_mapper,word_repetition_filter"], ["disabled"]]
CASES = [(w, p, s) for w in (1, 2, 4) for p in range(3) for s in range(4)]


class Kill(t.Case):
    @classmethod
    def setUpClass(cls):
        cls.lines = t.corpus(5, 12000 if t.SOAK else 2500)

    def setUp(self):
        super().setUp()
        self.write("in.jsonl", self.lines)

    def command(self, work, case):
        workers, partition, strategy = case
        folder = self.dir / work
        recipe = self.recipe(self.process, work + ".yaml", export_path=str(folder / "out.jsonl"), job_id="j")
        return [str(t.OPHOST), "run", "--config", str(recipe), "--json", "--workers", str(workers),
                *PARTITIONS[partition], "--checkpoint.strategy", *STRATEGIES[strategy]], folder

    def whole_run(self, work, case):
        command, folder = self.command(work, case)
        begin = time.monotonic()
        outcome = t.call(*command)
        self.assertEqual(outcome.code, t.OK, str(outcome))
        self.check_conserved(outcome.json())
        return outcome.json(), time.monotonic() - begin, folder

    def killed_run(self, command, seconds):
        """True when it was killed before its end."""
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=t.environment())
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        _, err = process.communicate()
        self.assertIn(process.returncode, (0, -9), err.decode())
        return process.returncode == -9

    def tasks(self, run, passes):
        """What a run's events say: the (pass, partition) it began, and the (operator, partition) it finished. A
        deduplicator's grouping is a task of all partitions together: partition None."""
        begun, finished = set(), set()
        for e in run:
            if e["event_type"] == "op_start":
                begun.add((passes[e["operation_idx"]], e.get("partition_id")))
            if e["event_type"] == "op_complete":
                finished.add((e["operation_idx"], e.get("partition_id")))
        return begun, finished

    def passes(self):
        """Operator -> number of its pass; a deduplicator ends one."""
        out, n = [], 0
        for op in self.process:
            out.append(n)
            n += next(iter(op)).endswith("_deduplicator")
        return out

    def one_case(self, name, case, kills, draw, expected, seconds):
        command, folder = self.command(name, case)
        out, stats = folder / "out.jsonl", folder / "out_stats.jsonl"
        finished, begun = set(), set()  # by all killed runs; by the last of them
        passes = self.passes()
        for _ in range(kills):
            known = len(t.events(folder / "j"))
            killed = self.killed_run(command, draw.uniform(0, seconds * 1.05))
            self.landed += killed
            for file, content in ((out, expected[0]), (stats, expected[1])):
                if file.exists():
                    self.assertEqual(t.sha(file), content, f"{file.name} stood under its final name before it was whole")
                else:
                    self.assertTrue(killed)
            runs = t.events(folder / "j")
            self.verify_store(folder / "store")
            if len(runs) > known:
                begun, now = self.tasks(runs[-1], passes)
                again = now & finished
                self.assertFalse(again, "a resumed run did what an earlier one had finished")
                finished |= now
        known = len(t.events(folder / "j"))
        outcome = t.call(*command)
        self.assertEqual(outcome.code, t.OK, str(outcome))
        result = outcome.json()
        self.check_conserved(result)
        self.assertEqual((t.sha(out), t.sha(stats)), expected)
        self.verify_store(folder / "store")
        for op, counts in zip(result["operators"], self.counts):
            for key, value in counts.items():
                self.assertEqual(op["stats"][key], value, f"{op['operation_name']} {key}")
        left = [p.name for p in folder.iterdir() if ".tmp" in p.name]
        self.assertEqual(left, [], "temporary files of the killed run are left")
        self.assertFalse((folder / "j" / "parts").exists())
        run = t.events(folder / "j")[known]
        redone_tasks, redone_ops = self.tasks(run, passes)
        self.useful += bool(finished)
        self.assertFalse(redone_ops & finished, "work was done again that was finished before the kill")
        self.assertLessEqual(len(redone_tasks & begun), case[0], "more tasks were done again than there were workers")
        shutil.rmtree(folder)

    def test_kills(self):
        self.process = t.whole_recipe()
        draw = random.Random(t.SEED)
        result, _, folder = self.whole_run("reference", (2, 1, 0))
        expected = (t.sha(folder / "out.jsonl"), t.sha(folder / "out_stats.jsonl"))
        keys = ("in", "out", "dropped", "duplicates", "edited", "quarantined", "discarded")
        self.counts = [{k: o["stats"][k] for k in keys} for o in result["operators"]]
        self.landed = self.useful = 0  # kills before the end; resumes that found something finished
        cases = list(CASES)
        draw.shuffle(cases)
        rounds = 30
        if not t.SOAK:
            cases = cases[:4] if t.SANITIZED else cases[:12]
            rounds = 3
        for number, case in enumerate(cases):
            _, seconds, folder = self.whole_run("whole", case)
            self.assertEqual(t.sha(folder / "out.jsonl"), expected[0])
            shutil.rmtree(folder)
            for i in range(rounds):
                kills = draw.choice([1, 1, 2, 4])
                with self.subTest(seed=t.SEED, workers=case[0], partition=PARTITIONS[case[1]][-1],
                                  strategy=STRATEGIES[case[2]][0], round=i, kills=kills):
                    self.one_case(f"{number}-{i}", case, kills, draw, expected, seconds)
        self.assertGreater(self.landed, 0, "no kill came before the end: the test showed nothing")
        self.assertGreater(self.useful, 0, "no run had finished anything when it was killed: the test showed nothing")


if __name__ == "__main__":
    t.main()
