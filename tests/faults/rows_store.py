"""A store that was harmed between two runs: flipped bits, torn files, other formats, what killed and stopped processes leave."""
import os
import shutil
import signal
import subprocess
import time

from bench import Bad, STRATEGIES, copy_clean, row, run, t

PAGE = 4096
# The record of the store's format (docs/store-format.md) with its checksum, as this version writes it and as one to come may.
FORMAT_1 = bytes.fromhex("4f50485300000001f0a167ec9da36539")
FORMAT_9 = bytes.fromhex("4f50485300000009beb211e3b890fc89")


def harmed(harm):
    """`harm(data: bytearray)` is done to data.mdb of a finished job. It must be found or not matter: the next run gives the right
    bytes, or refuses with a sentence and gives them when the store was moved away."""
    def case(place):
        folder = copy_clean(place)
        file = folder / "store" / "data.mdb"
        data = bytearray(file.read_bytes())
        harm(data)
        file.write_bytes(data)
        code, said = place.verify(folder)
        found = code not in (0, None)
        if found and not said.strip():
            raise Bad("verify found something and names nothing")
        done = run(place.command(folder))
        place.check_end(done)
        if done.code == 0:
            place.check_result(done, folder)
            code, said = place.verify(folder)
            if code == 0:
                return "found, recomputed" if found else "did not matter"
            # What the run did not read may still be damaged; repair takes it away.
            fixed = run([t.DUMP, "repair", "--store", folder / "store"])
            if fixed.code == 0:
                place.check_store(folder)
                return "found, recomputed"
            if "Move the folder away" not in fixed.sentence():  # LMDB's own pages: nothing in it can be changed any more
                raise Bad(f"repair failed without saying what to do: {fixed.err[-200:]}")
            (folder / "store").rename(folder / "damaged")
            place.resume(folder)
            return "found, recomputed"
        place.check_output(folder)
        if not found:
            raise Bad(f"a run stopped over what verify did not find: {done.sentence()}")
        (folder / "store").rename(folder / "damaged")
        place.resume(folder)
        return "found, refused"
    return case


@row("a byte of the store flipped", 8)
def flips(bench):
    draw = bench.random("flips")
    size = (bench.clean["every_op"] / "store" / "data.mdb").stat().st_size

    def flip(at, bits):
        def harm(data):
            data[at] ^= bits
        return harm
    for i in range(500):
        at = draw.randrange(size) if i % 5 else draw.randrange(min(size, 4 * PAGE))  # the headers are small
        bits = draw.randrange(1, 256)
        yield f"byte {at} xor {bits:#04x}", harmed(flip(at, bits))


@row("a page of the store damaged", 3)
def pages(bench):
    draw = bench.random("pages")
    count = (bench.clean["every_op"] / "store" / "data.mdb").stat().st_size // PAGE

    def page(n, content):
        def harm(data):
            data[n * PAGE:(n + 1) * PAGE] = content
        return harm
    for i in range(60):
        n = i if i < 8 else draw.randrange(count)
        content = bytes(PAGE) if i % 2 else draw.randbytes(PAGE)
        yield f"page {n} {'zeroed' if i % 2 else 'scrambled'}", harmed(page(n, content))


@row("pages of the store exchanged", 1)
def exchanged(bench):
    draw = bench.random("exchange")
    count = (bench.clean["every_op"] / "store" / "data.mdb").stat().st_size // PAGE

    def swap(a, b):
        def harm(data):
            data[a * PAGE:(a + 1) * PAGE], data[b * PAGE:(b + 1) * PAGE] = (data[b * PAGE:(b + 1) * PAGE],
                                                                          data[a * PAGE:(a + 1) * PAGE])
        return harm
    for _ in range(30):
        a, b = draw.randrange(count), draw.randrange(count)
        yield f"pages {a} and {b}", harmed(swap(a, b))


@row("a truncated store file", 3)
def truncated(bench):
    draw = bench.random("truncated")
    size = (bench.clean["every_op"] / "store" / "data.mdb").stat().st_size

    def cut(n):
        def harm(data):
            del data[n:]
        return harm
    for n in [0, 1, 100, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE, size // 2, size - PAGE, size - 1,
              *(draw.randrange(size) for _ in range(20))]:
        yield f"{n} of {size} bytes left", harmed(cut(n))


@row("a store of a newer format", 1)
def newer(bench):
    def case(place):
        folder = copy_clean(place)
        file = folder / "store" / "data.mdb"
        data = file.read_bytes()
        if FORMAT_1 not in data:
            raise Bad("the format mark was not found in data.mdb; mend this row")
        file.write_bytes(data.replace(FORMAT_1, FORMAT_9))
        before = file.read_bytes()
        for words in (place.command(folder), [t.DUMP, "verify", "--store", folder / "store"]):
            done = run(words)
            if done.code != 5 or "newer ophost" not in done.err:
                raise Bad(f"exit code {done.code}: {done.err[-300:]}")
        if file.read_bytes() != before:
            raise Bad("the newer store was changed")
        place.check_output(folder)
        (folder / "store").rename(folder / "newer")
        place.resume(folder)
        return "refused"
    yield "format 9", case


@row("rubbish instead of the lock files", 2)
def locks(bench):
    def case(name, content):
        def harm(place):
            folder = copy_clean(place)
            (folder / "store" / name).write_bytes(content)
            done = run(place.command(folder))
            place.check_end(done)
            if done.code == 0:
                place.check_result(done, folder)
                return "went on"
            place.check_output(folder)
            (folder / "store" / name).unlink()
            place.resume(folder)
            return "refused"
        return harm
    draw = bench.random("locks")
    for name in ("lock.mdb", "store.lock"):
        for size in (0, 1, 100, 8192, 1 << 20):
            yield f"{name}, {size} bytes of rubbish", case(name, draw.randbytes(size))


@row("a lock left by a killed process", 2)
def left_locks(bench):
    draw = bench.random("left")

    def case(seconds, strategy):
        def harm(place):
            folder = place.folder()
            # Two jobs of one store; one of them dies, perhaps with the write lock.
            other = place.folder("other")
            words = place.command(other, strategy) + ["--work_dir", folder]
            dead = run(words, kill_after=seconds)
            place.check_end(dead, may_be_killed=True)
            done = run(place.command(folder, strategy) + ["--job_id", "k"], limit=60)
            if done.code != 0:
                raise Bad(f"exit code {done.code}: {done.err[-300:]}")
            place.check_result(done, folder)
            place.check_store(folder)
            return "went on"
        return harm
    for i in range(30):
        yield f"kill {i}", case(draw.uniform(0, bench.seconds), STRATEGIES[i % len(STRATEGIES)])


@row("a reader that stands still", 1)
def stale_reader(bench):
    draw = bench.random("reader")

    def case(seconds):
        def harm(place):
            folder = copy_clean(place)
            words = [t.DUMP, "verify", "--deep", "--store", folder / "store"]
            p = subprocess.Popen([str(w) for w in words], env=t.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                time.sleep(seconds)
                p.send_signal(signal.SIGSTOP)
                done = run(place.command(folder) + ["--fresh"], limit=60)
                if done.code != 0:
                    raise Bad(f"exit code {done.code}: {done.err[-300:]}")
                place.check_result(done, folder)
            finally:
                p.send_signal(signal.SIGCONT)
                if draw.random() < 0.5:
                    p.kill()
                p.wait(60)
            place.check_store(folder)
            return "went on"
        return harm
    for i in range(15):
        yield f"stopped after {i} ms", case(i / 1000)


@row("files of the job removed or rubbish", 3)
def job_files(bench):
    clean = bench.clean["every_op"]
    files = sorted(p.relative_to(clean) for p in (clean / "j").rglob("*") if p.is_file())

    def case(name, content):
        def harm(place):
            folder = copy_clean(place)
            if content is None:
                (folder / name).unlink()
            else:
                (folder / name).write_bytes(content)
            done = run(place.command(folder))
            place.check_end(done)
            if done.code != 0:
                raise Bad(f"exit code {done.code}: {done.err[-300:]}")
            place.check_result(done, folder)
            return "went on"
        return harm
    for name in files:
        yield f"{name} removed", case(name, None)
        yield f"{name} empty", case(name, b"")
        yield f"{name} rubbish", case(name, b"\xff\x00{rubbish" * 50)
    for folder in ("j", "j/quarantine", "j/logs"):
        def gone(place, folder=folder):
            where = copy_clean(place)
            shutil.rmtree(where / folder)
            place.resume(where)
            return "went on"
        yield f"{folder}/ removed", gone


@row("a folder where a file should be", 1)
def folders_in_the_way(bench):
    def case(name):
        def harm(place):
            folder = place.folder()
            os.makedirs(folder / name)
            done = run(place.command(folder))
            place.check_end(done)
            place.check_output(folder) if name not in ("out.jsonl", "out_stats.jsonl") else None
            shutil.rmtree(folder / name)
            place.resume(folder)
            return "went on" if done.code == 0 else f"stopped ({done.code})"
        return harm
    for name in ("out.jsonl", "out_stats.jsonl", "store/data.mdb", "store/lock.mdb", "store/store.lock", "j/job_summary.json",
                 "j/lock", "j/logs/job.log", "j/recipe.resolved.json", "j/metadata/partitions.json"):
        yield name, case(name)

    def file_in_the_way(name):
        def harm(place):
            folder = place.folder()
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"a file\n")
            done = run(place.command(folder))
            place.check_end(done)
            place.check_output(folder)
            (folder / name).unlink()
            place.resume(folder)
            return "went on" if done.code == 0 else f"stopped ({done.code})"
        return harm
    for name in ("store", "j", "j/logs", "j/parts", "j/quarantine", "j/metadata"):
        yield f"a file where {name}/ should be", file_in_the_way(name)
