#!/usr/bin/env python3
"""Measures ophost, and beside it Data-Juicer 1.6.1, on the same machine in the same run.

  bench.py --ophost build/release/bin/ophost --corpus DIR [--dj VENV] [--rounds 3] [--only w1,startup,...]

  w1           the refine recipe on DIR/c30.jsonl, both programs in turn: CPU seconds, and whether the same records survive
  startup      10 records, one operator: wall and CPU seconds
  checkpoints  the refine recipe with every_n_ops 5, every_op and no checkpoints: CPU seconds
  isolation    the refine recipe in worker processes and in threads, in turn: wall and CPU seconds, memory
  memory       peak memory with 2 workers on DIR/c.jsonl and on 60 MB of it, the longest record among them

CPU seconds are user + system of the whole process tree (wait4); every run begins with an empty work folder. Of several rounds the
smallest value counts: what else the machine did can only add. Without --dj the columns of Data-Juicer stay empty.
"""

import argparse, json, os, re, shutil, statistics, subprocess, sys, tempfile, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
RECIPE = os.path.join(HERE, "..", "demo", "refine.yaml")


def tree(pid):
    """A process and all that it started, directly or not."""
    try:
        tasks = os.listdir("/proc/%d/task" % pid)
        children = [int(c) for t in tasks for c in open("/proc/%d/task/%s/children" % (pid, t)).read().split()]
    except OSError:
        return []
    return [pid] + [p for c in children for p in tree(c)]


def memory(pids):
    """Bytes that these processes hold together; what they share counts once."""
    total = 0
    for pid in pids:
        try:
            with open("/proc/%d/smaps_rollup" % pid) as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("Pss_Anon:")) * 1024
        except (OSError, ValueError):
            pass
    return total


class Run:
    """One program run to its end: wall and CPU seconds, peak RSS in MB of its largest process; `anonymous`, where asked for, is
    the peak of the memory of all its processes that is no file, in MB, sampled ten times a second."""

    def __init__(self, command, cwd, env=None, sample=False):
        with open(os.path.join(cwd, "log"), "wb") as log:
            start = time.monotonic()
            child = subprocess.Popen(command, cwd=cwd, stdout=log, stderr=log, env=env)
            ended, peaks = threading.Event(), [0]

            def watch():
                while not ended.wait(0.1):
                    peaks.append(memory(tree(child.pid)))
            sampler = threading.Thread(target=watch)
            if sample:
                sampler.start()
            _, status, usage = os.wait4(child.pid, 0)
            ended.set()
            self.wall = time.monotonic() - start
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            with open(os.path.join(cwd, "log"), errors="replace") as log:
                sys.exit("%s failed (%d):\n%s" % (command[0], child.returncode, log.read()[-3000:]))
        self.cpu = usage.ru_utime + usage.ru_stime
        self.rss = usage.ru_maxrss / 1024
        if sample:
            sampler.join()
        self.anonymous = max(peaks) / 1e6


def process_block():
    """The `process` of the recipe; the other keys are the bench's own."""
    with open(RECIPE, encoding="utf-8") as file:
        return file.read().split("\nprocess:\n")[1]


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.ophost = os.path.abspath(arguments.ophost)
        self.folder = tempfile.mkdtemp(prefix="ophost-bench-", dir=arguments.scratch)

    def recipe(self, name, dataset, process, extra=""):
        """A folder with recipe.yaml in it; its output will be out/out.jsonl there."""
        folder = os.path.join(self.folder, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        with open(os.path.join(folder, "recipe.yaml"), "w", encoding="utf-8") as file:
            file.write("project_name: bench\ndataset_path: %s\nexport_path: %s/out/out.jsonl\nwork_dir: %s/work\n"
                       "np: 2\ntext_keys: text\nuse_cache: false\nopen_tracer: false\n%sprocess:\n%s\n"
                       % (os.path.abspath(dataset), folder, folder, extra, process))
        return folder

    def run_ophost(self, dataset, process, extra="", words=(), sample=False):
        folder = self.recipe("ophost", dataset, process, extra)
        return Run([self.ophost, "run", "--config", "recipe.yaml", "--quiet", *words], folder, sample=sample), folder

    def run_dj(self, dataset, process, extra=""):
        folder = self.recipe("dj", dataset, process, extra)
        program = os.path.join(self.arguments.dj, "bin", "dj-process")
        # One thread per process for the numeric libraries, as its documentation advises for np > 1.
        env = dict(os.environ, HF_HOME=os.path.join(self.folder, "hf"), OMP_NUM_THREADS="1")
        return Run([program, "--config", "recipe.yaml"], folder, env), folder

    def corpus(self, name):
        path = os.path.join(self.arguments.corpus, name)
        if not os.path.exists(path):
            sys.exit("%s is missing; tools/bench/corpus.sh makes it" % path)
        return path

    def w1(self):
        data, process = self.corpus("c30.jsonl"), process_block()
        ours, theirs, equal = [], [], None
        if self.arguments.dj:
            self.run_dj(self.small(), process)  # fills its caches, and lets it install what it loads late
        for _ in range(self.arguments.rounds):
            run, folder = self.run_ophost(data, process)
            ours.append(run)
            if self.arguments.dj:
                run, other = self.run_dj(data, process)
                theirs.append(run)
                equal = ids(folder) == ids(other)
        row("W1 refine, c30: CPU s", least(ours, "cpu"), least(theirs, "cpu"))
        row("W1 refine, c30: wall s", least(ours, "wall"), least(theirs, "wall"))
        row("W1 refine, c30: peak RSS MB, largest process", least(ours, "rss"), least(theirs, "rss"))
        if equal is not None:
            print("   same survivors in the same order: %s (%d)" % ("yes" if equal else "NO", len(ids(folder))))

    def small(self):
        path = os.path.join(self.folder, "ten.jsonl")
        with open(self.corpus("c30.jsonl"), "rb") as lines, open(path, "wb") as out:
            out.writelines(line for _, line in zip(range(10), lines))
        return path

    def startup(self):
        data, process = self.small(), "  - text_length_filter:\n      min_len: 1"
        rounds = range(max(self.arguments.rounds, 10))
        ours = [self.run_ophost(data, process)[0] for _ in rounds]
        theirs = [self.run_dj(data, process)[0] for _ in rounds[:2]] if self.arguments.dj else []
        row("Start-up, 10 records: wall s", least(ours, "wall"), least(theirs, "wall"))
        row("Start-up, 10 records: CPU s", least(ours, "cpu"), least(theirs, "cpu"))

    def checkpoints(self):
        data, process = self.corpus("c30.jsonl"), process_block()
        kinds = {"disabled": "disabled", "every_n_ops 5": "every_n_ops\n  n_ops: 5", "every_op": "every_op"}
        runs = {kind: [] for kind in kinds}
        for _ in range(max(self.arguments.rounds, 5)):
            for kind, strategy in kinds.items():
                extra = "checkpoint:\n  strategy: %s\n" % strategy
                runs[kind].append(self.run_ophost(data, process, extra)[0])
        base = least(runs["disabled"], "cpu")
        for kind in kinds:
            cpu = least(runs[kind], "cpu")
            print("%-48s %9.2f            %+6.1f %% (median %.2f)"
                  % ("Checkpoints %s, c30: CPU s" % kind, cpu, 100 * (cpu / base - 1),
                     statistics.median(run.cpu for run in runs[kind])))

    def isolation(self):
        for name in ("c30.jsonl", "c.jsonl"):
            data, process = self.corpus(name), process_block()
            runs = {"thread": [], "process": []}
            for _ in range(max(self.arguments.rounds, 5) if name == "c30.jsonl" else 2):
                for kind in runs:
                    runs[kind].append(self.run_ophost(data, process, words=["--isolation", kind])[0])
            for what, unit in (("wall", "wall s"), ("cpu", "CPU s")):
                thread, worker = least(runs["thread"], what), least(runs["process"], what)
                print("%-48s %9.2f %9.2f   %+.1f %%" % ("Processes, threads, %s: %s" % (name, unit), worker, thread, 100 * (worker / thread - 1)))
            held = [self.run_ophost(data, process, words=["--isolation", kind], sample=True)[0].anonymous for kind in ("process", "thread")]
            print("%-48s %9.0f %9.0f   %+.1f %%" % ("Processes, threads, %s: memory MB" % name, *held, 100 * (held[0] / held[1] - 1)))

    def memory(self):
        whole, process = self.corpus("c.jsonl"), process_block()
        part = os.path.join(self.folder, "c60.jsonl")
        with open(whole, "rb") as lines:
            longest = max(lines, key=len)
        with open(whole, "rb") as lines, open(part, "wb") as out:
            out.write(longest)  # a record is held whole: the two files must not differ in that
            while out.tell() < 60_000_000:
                line = lines.readline()
                if line != longest:
                    out.write(line)
        print("   longest record: %.1f MB" % (len(longest) / 1e6))
        peaks = {}
        for path in (part, whole):
            run, _ = self.run_ophost(path, process, sample=True)
            peaks[path] = run.anonymous
            row("Peak memory, %d MB, 2 workers: MB" % (os.path.getsize(path) // 1_000_000), run.anonymous, None)
            print("   RSS of the largest process %.0f MB" % run.rss)
            print("   wall %.1f s, CPU %.1f s" % (run.wall, run.cpu))
        print("   large / small: %.2f" % (peaks[whole] / peaks[part]))


def ids(folder):
    with open(folder + "/out/out.jsonl", encoding="utf-8") as lines:
        return [json.loads(line)["id"] for line in lines]


def least(runs, what):
    return min(getattr(run, what) for run in runs) if runs else None


def row(label, ours, theirs):
    if theirs is None:
        print("%-48s %9.2f" % (label, ours))
    else:
        print("%-48s %9.2f %9.2f   1/%.0f" % (label, ours, theirs, theirs / ours))
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ophost", required=True)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--dj", help="virtual environment with py-data-juicer 1.6.1")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="w1,startup,checkpoints,isolation,memory")
    parser.add_argument("--scratch", help="where the work folders go; default: the system's temporary folder")
    arguments = parser.parse_args()
    bench = Bench(arguments)
    with open("/proc/cpuinfo") as info:
        model = re.search(r"model name\s*: (.*)", info.read())
    print("%s, %d processors, load %.1f" % (model[1] if model else "?", os.cpu_count(), os.getloadavg()[0]))
    print("%-48s %9s %9s   %s" % ("", "ophost", "DJ 1.6.1", "ratio"))
    try:
        for name in arguments.only.split(","):
            getattr(bench, name)()
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
