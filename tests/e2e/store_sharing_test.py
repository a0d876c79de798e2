"""One store, many users: two jobs at once, readers while a job writes, and a store that was damaged behind our back."""
import json
import random
import shutil
import subprocess

import ophost_test as t

SIZE = ["--partition.mode", "manual", "--partition.size", "100"]
EVERY_OP = ["--checkpoint.strategy", "every_op"]


class Sharing(t.Case):
    def setUp(self):
        super().setUp()
        self.write("in.jsonl", t.corpus(41, 1500))
        self.work = self.dir / "work"
        self.process = t.whole_recipe()

    def job(self, name, process=None):
        out = self.dir / f"{name}.jsonl"
        recipe = self.recipe(process or self.process, name + ".yaml", export_path=str(out), work_dir=str(self.work), job_id=name)
        return recipe, out

    def start(self, recipe, *words):
        return subprocess.Popen([str(t.OPHOST), "run", "--config", str(recipe), "--json", *SIZE, *map(str, words)], cwd=self.dir,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=t.environment())

    def finish(self, process):
        out, err = process.communicate(timeout=300)
        self.assertEqual(process.returncode, t.OK, err.decode())
        result = json.loads(out)
        self.check_conserved(result)
        return result

    def reference(self):
        out = self.dir / "reference" / "out.jsonl"
        self.run_job(self.recipe(self.process, "reference.yaml", export_path=str(out)), *SIZE)
        return t.sha(out)

    def test_two_jobs_at_once(self):
        whole = self.reference()
        other = [*self.process[:3], {"text_length_filter": {"min_len": 33}}, *self.process[4:]]
        for strategies in (["every_op", "every_op"], ["every_op", "disabled"], ["every_n_ops", "every_op"]):
            with self.subTest(strategies=strategies):
                shutil.rmtree(self.work, ignore_errors=True)
                jobs = [self.job("a"), self.job("b"), self.job("c", other)]
                for _, out in jobs:
                    out.unlink(missing_ok=True)
                running = [self.start(recipe, "--checkpoint.strategy", s) for (recipe, _), s in
                           zip(jobs, [*strategies, "every_op"])]
                for process in running:
                    self.finish(process)
                self.assertEqual([t.sha(jobs[0][1]), t.sha(jobs[1][1])], [whole, whole])
                self.verify_store(self.work / "store")
                alone = self.dir / "alone" / "out.jsonl"
                self.run_job(self.recipe(other, "alone.yaml", export_path=str(alone)), *SIZE)
                self.assertEqual(t.sha(jobs[2][1]), t.sha(alone))

    def test_one_job_twice_at_once(self):
        slow = [{"e2e_probe_mapper": {"sleep_us": 20000}}]
        recipe, _ = self.job("a", slow)
        plugin = t.PLUGINS / "probe_1_0_0.so"
        process = self.start(recipe, "--plugin-path", plugin)
        try:
            for _ in range(3000):
                if any(e["event_type"] == "op_start" for run in t.events(self.work / "a") for e in run):
                    break
                self.assertIsNone(process.poll(), "the job ended too early")
                process_wait(process)
            self.refused(t.USAGE, "run", "--config", recipe, "--plugin-path", plugin, *SIZE, says=["'a'", "running", "--job_id"])
        finally:
            process.kill()
            process.communicate()
        # The lock goes with the process, so nobody has to clean up after a kill.
        fast, _ = self.job("a", [{"e2e_probe_mapper": None}])
        self.run_job(fast, "--plugin-path", plugin, *SIZE)

    def test_disabled_takes_nothing_from_others(self):
        a, _ = self.job("a")
        self.run_job(a, *SIZE, *EVERY_OP)
        b, _ = self.job("b")
        self.run_job(b, *SIZE, "--checkpoint.strategy", "disabled")
        self.verify_store(self.work / "store")
        self.assertEqual({action for action, _ in self.plan(a, *SIZE, *EVERY_OP).values()}, {"reuse"})

    def test_disabled_leaves_nothing_of_its_own(self):
        a, _ = self.job("a")
        self.run_job(a, *SIZE, "--checkpoint.strategy", "disabled")
        kinds = {b["kind"] for b in t.call(t.DUMP, "ls", "--json", "--store", self.work / "store").json()}
        self.assertLessEqual(kinds, {"export"})

    def test_readers_while_a_job_writes(self):
        recipe, out = self.job("a")
        running = self.start(recipe, *EVERY_OP, "--workers", 2)
        reads = 0
        while running.poll() is None:
            if (self.work / "store" / "data.mdb").exists():
                for command in (["ls", "--json"], ["verify"], ["stat", "--json"], ["jobs"]):
                    outcome = t.call(t.DUMP, *command, "--store", self.work / "store")
                    # In its first instants a store has no format yet.
                    if outcome.code != t.OK and reads == 0:
                        self.assertEqual(outcome.code, t.STORE, str(outcome))
                        continue
                    self.assertEqual(outcome.code, t.OK, f"ophost-dump {command}: {outcome}")
                    reads += 1
        self.finish(running)
        self.assertGreater(reads, 0, "the job was over before anybody read")

    def test_plan_while_a_job_writes(self):
        a, _ = self.job("a")
        self.run_job(a, *SIZE, *EVERY_OP)
        b, _ = self.job("b", [*self.process, {"text_length_filter": {"min_len": 31}}])
        running = self.start(b, *EVERY_OP)
        while running.poll() is None:
            self.assertEqual({action for action, _ in self.plan(a, *SIZE, *EVERY_OP).values()}, {"reuse"})
        self.finish(running)

    # ---- damage ----

    def frames(self):
        """Where the stored bytes of large frames lie in data.mdb. Such a frame has pages of its own and begins behind the
        first one's header (docs/store-format.md), so that a flipped byte in it damages nothing else."""
        data = (self.work / "store" / "data.mdb").read_bytes()
        return [page + 16 + 40 for page in range(0, len(data), 4096) if data[page + 16:page + 20] == b"OPHF"]

    def flip(self, offset):
        with open(self.work / "store" / "data.mdb", "r+b") as f:
            f.seek(offset)
            byte = f.read(1)[0]
            f.seek(offset)
            f.write(bytes([byte ^ 0x41]))

    def test_damaged_frames_are_named_and_computed_again(self):
        recipe, out = self.job("a")
        self.run_job(recipe, *SIZE, *EVERY_OP)
        whole = t.sha(out)
        draw = random.Random(t.SEED)
        frames = self.frames()
        self.assertGreater(len(frames), 20)
        for share in (1, 10, None):  # None: all of them
            with self.subTest(seed=t.SEED, frames=share):
                for attempt in range(50):  # a frame on a free page is nobody's: flip until one is hit that counts
                    frames = self.frames()
                    for at in draw.sample(frames, share or len(frames)):
                        self.flip(at + draw.randrange(100))
                    seen = t.call(t.DUMP, "verify", "--deep", "--store", self.work / "store")
                    if seen.code != t.OK:
                        break
                self.assertEqual(seen.code, t.STORE, str(seen))
                out.unlink()
                again = self.run_job(recipe, *SIZE, *EVERY_OP)
                self.assertEqual(t.sha(out), whole)
                if share is None:
                    self.assertGreater(sum(o["partitions_run"] for o in again["operators"]), 0)
                    events = t.events(self.work / "a")[-1]
                    self.assertIn("checkpoint_verify_failed", {e["event_type"] for e in events})
                # What this run did not need may still lie there; repair takes it away.
                self.assertEqual(t.call(t.DUMP, "repair", "--store", self.work / "store").code, t.OK)
                self.verify_store(self.work / "store")

    def test_what_stood_on_damage_is_mended_by_another_strategy(self):
        """Checkpoints outlive what they were computed from; one whose ancestors are gone must not be taken for whole."""
        recipe, out = self.job("a")
        self.run_job(recipe, *SIZE, *EVERY_OP)
        whole = t.sha(out)
        draw = random.Random(t.SEED)
        for n in (2, 3, 4):
            with self.subTest(seed=t.SEED, every=n):
                frames = self.frames()
                for at in draw.sample(frames, len(frames) // 3):
                    self.flip(at + draw.randrange(100))
                words = [*SIZE, "--checkpoint.strategy", "every_n_ops", "--checkpoint.n_ops", n]
                for _ in range(2):
                    out.unlink()
                    self.run_job(recipe, *words)
                    self.assertEqual(t.sha(out), whole)
                out.unlink()
                again = self.run_job(recipe, *words, "--match", "strict")
                self.assertEqual(sum(o["partitions_run"] for o in again["operators"]), 0, "damage that never heals")

    def test_random_damage_is_never_believed(self):
        """Anything may be flipped, cut off or overwritten: the output is right, or the store is refused with a sentence."""
        recipe, out = self.job("a")
        self.run_job(recipe, *SIZE, *EVERY_OP)
        whole = t.sha(out)
        shutil.copytree(self.work, self.dir / "sound")
        size = (self.work / "store" / "data.mdb").stat().st_size
        draw = random.Random(t.SEED)
        outcomes = set()
        for i in range(150 if t.SOAK else 24):
            kind = draw.choice(["flip", "flips", "zeros", "cut"])
            with self.subTest(seed=t.SEED, i=i, kind=kind):
                shutil.rmtree(self.work)
                shutil.copytree(self.dir / "sound", self.work)
                out.unlink(missing_ok=True)
                data = self.work / "store" / "data.mdb"
                if kind == "flip":
                    self.flip(draw.randrange(size))
                elif kind == "flips":
                    for _ in range(200):
                        self.flip(draw.randrange(size))
                elif kind == "zeros":
                    with open(data, "r+b") as f:
                        f.seek(draw.randrange(size // 4096) * 4096)
                        f.write(b"\0" * 4096)
                else:
                    with open(data, "r+b") as f:
                        f.truncate(draw.randrange(size))
                outcome = t.call(t.OPHOST, "run", "--config", recipe, *SIZE, *EVERY_OP)
                outcomes.add(outcome.code)
                self.assertIn(outcome.code, (t.OK, t.STORE), str(outcome))
                if outcome.code == t.OK:
                    self.assertEqual(t.sha(out), whole)
                else:
                    self.assertRegex(outcome.err, "(?m)^error: ")
                    self.assertIn("store", outcome.err)
                    if out.exists():  # the damage was met after the export, where the store is told of it
                        self.assertEqual(t.sha(out), whole)
                    # And this is the way out that always works.
                    shutil.rmtree(self.work / "store")
                    self.run_job(recipe, *SIZE, *EVERY_OP)
                    self.assertEqual(t.sha(out), whole)
        self.assertIn(t.OK, outcomes)


def process_wait(process):
    try:
        process.wait(0.01)
    except subprocess.TimeoutExpired:
        pass


if __name__ == "__main__":
    t.main()
