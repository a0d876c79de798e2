"""What the rows of tools/faults share: a small job, its clean run, a run with a fault in it, and what must hold afterwards.

A row is a generator function marked with @row. It yields cases: (a short name, a function of a Place). The function does its
harm and its checks and returns what happened in a few words; what must never happen it raises as Bad. Rows of other kinds of
faults go into rows_*.py beside this file.
"""
import hashlib
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import ophost_test as t  # noqa: E402

FAULT_FS = t.PLUGINS / "fault_fs.so"
ZOO, MENDED = t.PLUGINS / "zoo.so", t.PLUGINS / "zoo_mended.so"
LIMIT = 120  # seconds; more is a hang
RECORDS = 700
WORDS = ["--workers", "2", "--partition.mode", "manual", "--partition.size", "200", "--progress", "off"]
STRATEGIES = [["every_op"], ["every_n_ops", "--checkpoint.n_ops", "3"],
              ["manual", "--checkpoint.op_names", "whitespace_normalization_mapper,word_repetition_filter"], ["auto"], ["disabled"]]

ROWS = []


class Bad(Exception):
    """A lost record, a wrong byte, a hang, a crash, or a message that names nothing."""


class Row:
    def __init__(self, name, cases, short):
        self.name, self.cases, self.short = name, cases, short


def row(name, short=3):
    """`short`: how many of the cases the short form runs, spread evenly; the long form runs all."""
    def mark(function):
        ROWS.append(Row(name, function, short))
        return function
    return mark


class Finished:
    """A process that came to its end."""
    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    def sentence(self):
        """The first thing it says was wrong."""
        for line in self.err.splitlines():
            if line.startswith(("error: ", "stopped: ", "ophost-dump: ")):
                return line
        return ""


def run(words, *, env=None, cwd=None, kill_after=None, limit=LIMIT):
    begin = time.monotonic()
    p = subprocess.Popen([str(w) for w in words], cwd=cwd, env=t.environment(**(env or {})), stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    try:
        out, err = p.communicate(timeout=kill_after if kill_after is not None else limit)
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, 9)
        out, err = p.communicate()
        if kill_after is None:
            raise Bad(f"a hang: no end after {limit} s: {' '.join(map(str, words))}") from None
    return Finished(p.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), time.monotonic() - begin)


def children(pid):
    """The worker processes of a running job."""
    try:
        tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
        return [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def run_and_kill(words, seconds, whom, draw):
    """Runs a job and kills one of its workers, so many seconds after there is one, or the supervisor alone, so many after its
    start. Tells whether there was one."""
    p = subprocess.Popen([str(w) for w in words], env=t.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, start_new_session=True)
    while whom == "worker" and not children(p.pid) and p.poll() is None:
        time.sleep(0.002)
    time.sleep(seconds)
    workers = children(p.pid)
    hit = False
    try:
        if whom == "supervisor" and p.poll() is None:
            os.kill(p.pid, 9)
            hit = True
        elif workers and whom == "worker":
            os.kill(draw.choice(workers), 9)
            hit = True
    except ProcessLookupError:
        pass
    try:
        out, err = p.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, 9)
        p.communicate()
        raise Bad(f"a hang: no end {LIMIT} s after a {whom} was killed") from None
    for _ in range(200):  # a worker whose supervisor is gone goes too
        left = [w for w in workers if alive(w)]
        if not left:
            break
        time.sleep(0.05)
    else:
        os.killpg(p.pid, 9)
        raise Bad(f"workers are left 10 s after the {whom} was killed: {left}")
    return Finished(p.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), 0), hit


def sha(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class Bench:
    """The job, its input, and what a clean run of it gives; made once."""
    def __init__(self, seed, short):
        base = os.environ.get("TMPDIR") or ("/dev/shm" if shutil.disk_usage("/dev/shm").free > 2 << 30 else None)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="ophost-faults-", dir=base))
        self.seed, self.short = seed, short
        lines = [line for line in t.corpus(21, RECORDS)]
        lines[100:100] = [b'{"text": "cut', b"no record"]  # the reader's quarantine has something to hold
        lines[50] = b'{"text": "one with a MARK that an operator refuses", "id": -1}'
        self.lines = lines
        (self.dir / "in.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
        self.process = t.whole_recipe()
        self.process.insert(3, {"zoo_mapper": {"fault": "error_row", "marker": "MARK"}})
        self.clean, self.took = {}, {}  # by strategy: the folder, seconds
        place = self.place("clean")
        for strategy in STRATEGIES:
            folder = place.folder(strategy[0])
            done = run(place.command(folder, strategy))
            if done.code != 0:
                raise SystemExit(f"the clean run failed: {done.err}")
            result = json.loads(done.out)
            self.result = result
            self.clean[strategy[0]] = folder
            self.took[strategy[0]] = self.seconds = done.seconds
        self.sha = sha(folder / "out.jsonl")
        self.sha_stats = sha(folder / "out_stats.jsonl")
        self.quarantined = self.quarantine(result)

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def place(self, name):
        return Place(self, self.dir / name)

    def random(self, name):
        return random.Random(f"{self.seed} {name}")

    @staticmethod
    def quarantine(result):
        path = result["quarantine_file"]
        if not path:
            return []
        keys = ("file", "line", "byte_offset", "operation_name", "reason", "raw")
        return [[e.get(k) for k in keys] for e in map(json.loads, pathlib.Path(path).read_bytes().splitlines())]


class Place:
    """A folder of its own for one case, and the steps that cases are made of."""
    def __init__(self, bench, path):
        self.bench, self.path = bench, path
        self.path.mkdir(parents=True)
        self.notes = []

    def close(self):
        for root, folders, _ in os.walk(self.path):
            for name in folders:
                os.chmod(os.path.join(root, name), 0o755)
        shutil.rmtree(self.path, ignore_errors=True)

    def folder(self, name="job"):
        path = self.path / name
        path.mkdir(exist_ok=True)
        return path

    def command(self, folder, strategy=STRATEGIES[0], process=None, plugin=ZOO):
        recipe = folder / "recipe.yaml"
        recipe.write_text(json.dumps({
            "dataset_path": str(self.bench.dir / "in.jsonl"), "export_path": str(folder / "out.jsonl"), "job_id": "j",
            "process": process if process is not None else self.bench.process}))
        return [t.OPHOST, "run", "--config", recipe, "--json", *WORDS, "--plugin-path", plugin, "--checkpoint.strategy", *strategy]

    def with_fault(self, calls, path, nth, how, sticky=False):
        """The environment in which the nth of these calls below `path` fails; faulted() tells what came of it."""
        self.state = self.path / "state"
        self.state.write_bytes(bytes(16))
        return {"LD_PRELOAD": FAULT_FS, "FAULT_CALLS": calls, "FAULT_PATH": path, "FAULT_NTH": nth, "FAULT_WITH": how,
                "FAULT_STICKY": int(sticky), "FAULT_STATE": self.state}

    def faulted(self):
        """How many calls matched, how many failed."""
        return struct.unpack("QQ", self.state.read_bytes())

    # ---- what must hold ----

    def check_end(self, done, may_be_killed=False):
        """Done, stopped with a sentence that names something, or killed by us; never a crash."""
        if done.code == 0 or (may_be_killed and done.code == -9):
            return
        if done.code < 0:
            raise Bad(f"died by signal {-done.code}: {done.err[-300:]}")
        if done.code not in (1, 2, 4, 5, 75):
            raise Bad(f"exit code {done.code}: {done.err[-300:]}")
        said = done.sentence()
        if not said or "unexpected" in said or "std::" in done.err or "terminate called" in done.err:
            raise Bad(f"exit code {done.code} without a proper sentence: {done.err[-300:]!r}")
        if "/" not in said and "'" not in said:
            raise Bad(f"the message names nothing: {said}")

    def check_output(self, folder, must=False):
        """Under its final name stands the whole result or nothing."""
        for name, want in (("out.jsonl", self.bench.sha), ("out_stats.jsonl", self.bench.sha_stats)):
            file = folder / name
            if file.exists() and sha(file) != want:
                raise Bad(f"{name} is not what a clean run gives ({file.stat().st_size} bytes)")
            if must and not file.exists():
                raise Bad(f"{name} is missing although the job says it is complete")

    def check_result(self, done, folder):
        """A complete run: bytes, records named, equations."""
        self.check_output(folder, must=True)
        result = json.loads(done.out)
        b = self.bench
        for key in ("input_records", "output_records", "quarantined", "reader_quarantined"):
            if result[key] != b.result[key]:
                raise Bad(f"{key} is {result[key]}, in a clean run {b.result[key]}")
        if not result["conserved"]:
            raise Bad("the equation of conservation does not hold")
        before = result["input_records"] - result["reader_quarantined"]
        for op in result["operators"]:
            s = op["stats"]
            if s["in"] != before or s["in"] != s["out"] + s["dropped"] + s["duplicates"] + s["quarantined"] + s["discarded"]:
                raise Bad(f"records are not accounted for at {op['operation_name']}: {s}")
            before = s["out"]
        if b.quarantine(result) != b.quarantined:
            raise Bad("other records are in quarantine than in a clean run")
        left = [p.name for p in folder.iterdir() if ".tmp" in p.name] + [p.name for p in (folder / "store").glob("*.new.*")]
        if left:
            raise Bad(f"temporary files are left: {left}")

    def verify(self, folder):
        """(exit code, what was said) of ophost-dump verify --deep; (None, "") when there is no store."""
        if not (folder / "store" / "data.mdb").exists():
            return None, ""
        done = run([t.DUMP, "verify", "--deep", "--store", folder / "store"])
        if done.code not in (0, 1, 5):
            raise Bad(f"ophost-dump verify: exit code {done.code}: {done.err[-300:]}")
        return done.code, done.out + done.err

    def check_store(self, folder):
        code, said = self.verify(folder)
        if code not in (None, 0):
            raise Bad(f"the store does not verify: {said[-300:]}")

    def resume(self, folder, strategy=STRATEGIES[0]):
        """The same command without a fault must finish the job as if there had been none."""
        done = run(self.command(folder, strategy))
        if done.code != 0:
            raise Bad(f"the resume failed: exit code {done.code}: {done.err[-300:]}")
        self.check_result(done, folder)
        self.check_store(folder)
        return done

    def hurt_and_resume(self, env, strategy=STRATEGIES[0], kill_after=None, may_be_killed=False):
        """Run with a fault, look, resume, look. What happened, in a few words."""
        folder = self.folder()
        done = run(self.command(folder, strategy), env=env, kill_after=kill_after)
        may_be_killed = may_be_killed or kill_after is not None
        self.check_end(done, may_be_killed)
        if done.code == 0:
            self.check_result(done, folder)
        else:
            self.check_output(folder)
        self.check_store(folder)
        self.resume(folder, strategy)
        return {0: "went on", -9: "killed"}.get(done.code, f"stopped ({done.code})")


def copy_clean(place, strategy="every_op", without_output=True):
    """A finished job, to do harm to; without its output, so that the next run has to read the store."""
    folder = place.path / "job"
    shutil.copytree(place.bench.clean[strategy], folder)
    for name in ("out.jsonl", "out_stats.jsonl"):
        if without_output:
            (folder / name).unlink()
    return folder
