"""Faults of the file system while a job runs: full disk, read-only folders, I/O errors, the n-th call of every kind, kills."""
import os
import pathlib
import signal
import subprocess
import time

from bench import Bad, STRATEGIES, row, run, run_and_kill, t

# Where a job writes, below its folder.
WHERE = {"store": "store", "output": "out", "log": "j/logs", "events": "j/events", "quarantine": "j/quarantine", "job folder": "j"}
CALLS = ["write", "sync", "rename", "open", "truncate", "mkdir", "unlink"]


def count(place, calls, below, strategy=STRATEGIES[0]):
    """How many of these calls a clean run makes."""
    folder = place.path / "counted"
    folder.mkdir()
    env = place.with_fault(calls, folder / below if below else folder, 0, "EIO")
    done = run(place.command(folder, strategy), env=env)
    if done.code != 0:
        raise Bad(f"a run whose calls are only counted failed: {done.err[-300:]}")
    return place.faulted()[0]


def one(calls, below, nth, how, sticky, strategy=STRATEGIES[0]):
    def case(place):
        folder = place.path / "job"
        env = place.with_fault(calls, folder / below if below else folder, nth, how, sticky)
        said = place.hurt_and_resume(env, strategy, may_be_killed=how in ("KILL", "TORN"))
        return said if place.faulted()[1] else "nothing failed"
    return case


def spread(total, most=None):
    """1..total, or `most` of them."""
    if most is None or total <= most:
        return list(range(1, total + 1))
    return sorted({1 + i * (total - 1) // (most - 1) for i in range(most)})


def sticky_rows(how, calls, words):
    def cases(bench):
        for name, below in WHERE.items():
            place = bench.place(f"count-{words}-{name}".replace(" ", "-"))
            total = count(place, calls, below)
            place.close()
            for nth in spread(total, 8):
                yield f"{name}, from call {nth} of {total} on", one(calls, below, nth, how, True)
    return cases


row("full disk (ENOSPC)", 6)(sticky_rows("ENOSPC", "write+truncate", "full"))
row("quota exceeded (EDQUOT)", 1)(sticky_rows("EDQUOT", "write+truncate", "quota"))
row("I/O errors (EIO) from then on", 3)(sticky_rows("EIO", "write+sync", "eio"))
row("read-only file system (EROFS)", 3)(sticky_rows("EROFS", "open+mkdir+rename+unlink", "rofs"))
row("no permission (EACCES)", 1)(sticky_rows("EACCES", "open+mkdir+rename+unlink", "acces"))


def nth_row(calls):
    @row(f"the n-th {calls} fails (EIO), every n", 2)
    def cases(bench):
        for strategy in STRATEGIES[:2]:
            place = bench.place(f"count-{calls}-{strategy[0]}")
            total = count(place, calls, "", strategy)
            place.close()
            for nth in range(1, total + 1):
                yield f"{strategy[0]}, {nth} of {total}", one(calls, "", nth, "EIO", False, strategy)

    @row(f"killed before the n-th {calls}, every n", 2)
    def kills(bench):
        place = bench.place(f"count-kill-{calls}")
        total = count(place, calls, "")
        place.close()
        for nth in range(1, total + 1):
            yield f"{nth} of {total}", one(calls, "", nth, "KILL", False)


for _calls in CALLS:
    nth_row(_calls)


@row("killed in the middle of the n-th write, every n", 2)
def torn(bench):
    place = bench.place("count-torn")
    total = count(place, "write", "")
    place.close()
    for nth in range(1, total + 1):
        yield f"{nth} of {total}", one("write", "", nth, "TORN", False)


@row("the n-th write is short, or interrupted", 2)
def short(bench):
    place = bench.place("count-short")
    total = count(place, "write", "")
    place.close()
    for nth in spread(total, 40):
        yield f"short {nth} of {total}", one("write", "", nth, "SHORT", False)
        yield f"EINTR {nth} of {total}", one("write", "", nth, "EINTR", False)


@row("no more descriptors (EMFILE)", 1)
def descriptors(bench):
    yield from sticky_rows("EMFILE", "open", "emfile")(bench)


@row("a file may not grow (ulimit -f)", 1)
def file_size(bench):
    def limited(kib):
        def case(place):
            folder = place.folder()
            words = place.command(folder)
            done = run(["bash", "-c", f'ulimit -f {kib}; exec "$@"', "bash", *words])
            place.check_end(done)
            if done.code != 0:
                place.check_output(folder)
            place.check_store(folder)
            place.resume(folder)
            return "went on" if done.code == 0 else f"stopped ({done.code})"
        return case
    for kib in (0, 1, 8, 40, 64, 128, 256, 512, 1024):
        yield f"{kib} KiB", limited(kib)


def can_mount():
    folder = pathlib.Path("/tmp") / f"ophost-mount-{os.getpid()}"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True)
    if done.returncode == 0:
        subprocess.run(["umount", str(folder)], capture_output=True)
    folder.rmdir()
    return done.returncode == 0


@row("a really full disk (tmpfs)", 2)
def tmpfs(bench):
    if os.geteuid() != 0 or not can_mount():
        return

    def small(size):
        def case(place):
            folder = place.folder()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(folder)], check=True)
            try:
                done = run(place.command(folder))
                place.check_end(done)
                if done.code != 0:
                    place.check_output(folder)
                place.check_store(folder)
                subprocess.run(["mount", "-o", "remount,size=512m", str(folder)], check=True)
                place.resume(folder)
            finally:
                subprocess.run(["umount", "-l", str(folder)], check=True)
            return "went on" if done.code == 0 else f"stopped ({done.code})"
        return case
    for size in (64, 128, 256, 384, 512, 700, 900, 1200, 1600, 2400, 3200):
        yield f"{size} KiB", small(size)


@row("supervisor and workers killed at a random instant", 4)
def random_kills(bench):
    draw = bench.random("kills")

    def killed(strategy, seconds):
        return lambda place: place.hurt_and_resume({}, strategy, kill_after=seconds)
    for i in range(200):
        strategy = STRATEGIES[i % len(STRATEGIES)]
        seconds = draw.uniform(0, bench.took[strategy[0]] * 1.05)
        yield f"{strategy[0]}, after {seconds:.3f} s", killed(strategy, seconds)


def one_killed(whom):
    """SIGKILL for one of the processes of a job; the others have to cope."""
    def cases(bench):
        draw = bench.random(whom)

        def killed(strategy, seconds):
            def case(place):
                folder = place.folder()
                done, hit = run_and_kill(place.command(folder, strategy), seconds, whom, draw)
                place.check_end(done, may_be_killed=whom == "supervisor")
                if done.code == 0:
                    place.check_result(done, folder)
                else:
                    place.check_output(folder)
                place.check_store(folder)
                place.resume(folder, strategy)
                return {0: "went on", -9: "killed"}.get(done.code, f"stopped ({done.code})") if hit else "nobody was there"
            return case
        for i in range(200):
            strategy = STRATEGIES[i % len(STRATEGIES)]
            seconds = draw.uniform(0, bench.took[strategy[0]] * (0.5 if whom == "worker" else 1.05))
            yield f"{strategy[0]}, after {seconds:.3f} s", killed(strategy, seconds)
    return cases


row("a worker killed at a random instant", 4)(one_killed("worker"))
row("the supervisor killed at a random instant", 4)(one_killed("supervisor"))


@row("killed again and again until done", 1)
def kill_series(bench):
    draw = bench.random("series")

    def series(instants, strategy):
        def case(place):
            folder = place.folder()
            for seconds in instants:
                done = run(place.command(folder, strategy), kill_after=seconds)
                place.check_end(done, may_be_killed=True)
                place.check_output(folder)
                place.check_store(folder)
            place.resume(folder, strategy)
            return "killed"
        return case
    for i in range(20):
        strategy = STRATEGIES[i % len(STRATEGIES)]
        yield f"series {i}, {strategy[0]}", series([draw.uniform(0, bench.took[strategy[0]]) for _ in range(8)], strategy)


@row("stopped by SIGTERM at a random instant", 2)
def terms(bench):
    draw = bench.random("terms")

    def term(seconds, strategy):
        def case(place):
            folder = place.folder()
            words = [str(w) for w in place.command(folder, strategy)]
            p = subprocess.Popen(words, env=t.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
            time.sleep(seconds)
            p.send_signal(signal.SIGTERM)
            try:
                _, err = p.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                p.kill()
                p.communicate()
                raise Bad("a hang: no end 60 s after SIGTERM") from None
            if p.returncode not in (0, 75, -15):  # -15: before the handler was there
                raise Bad(f"exit code {p.returncode}: {err.decode()[-300:]}")
            place.check_output(folder)
            place.check_store(folder)
            place.resume(folder, strategy)
            return "went on" if p.returncode == 0 else "stopped"
        return case
    for i in range(40):
        strategy = STRATEGIES[i % len(STRATEGIES)]
        yield f"stop {i}, {strategy[0]}", term(draw.uniform(0, bench.took[strategy[0]]), strategy)
