"""Memory does not grow with the input: ten times the data, at most 1.2 times the peak. Long; label soak only."""
import json
import os
import pathlib
import shutil
import tempfile
import unittest

import ophost_test as t


def peak_of(command):
    """Peak resident set of a run, in bytes."""
    pid = os.posix_spawn(command[0], command, t.environment())
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024


@unittest.skipUnless(t.SOAK, "OPHOST_SOAK=1 runs it")
class Memory(t.Case):
    def setUp(self):
        super().setUp()
        # On a disk: pages of a file in memory would be counted as the process's own.
        shutil.rmtree(self.dir)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="ophost-e2e-", dir=os.environ.get("TMPDIR") or "/var/tmp"))

    def make(self, name, megabytes):
        records = [json.loads(line) for line in t.corpus(51, 8000)]
        size, n = 0, 0
        with open(self.dir / name, "wb") as f:
            while size < megabytes * 1_000_000:
                record = records[n % len(records)]
                line = json.dumps({"text": f"{n} {record['text']} {n}", "id": n}, ensure_ascii=False).encode() + b"\n"
                f.write(line)
                size += len(line)
                n += 1

    def test_peak(self):
        peaks = {}
        for megabytes in (60, 576):
            self.make(f"{megabytes}.jsonl", megabytes)
            recipe = self.recipe(t.whole_recipe(), f"{megabytes}.yaml", dataset_path=str(self.dir / f"{megabytes}.jsonl"),
                                 export_path=str(self.dir / f"out{megabytes}" / "out.jsonl"))
            code, peaks[megabytes] = peak_of([str(t.OPHOST), "run", "--config", str(recipe), "--workers", "2", "--quiet"])
            self.assertEqual(code, 0)
        print({k: f"{v / 1e6:.0f} MB" for k, v in peaks.items()}, flush=True)
        self.assertLessEqual(peaks[576], 1.2 * peaks[60], peaks)


if __name__ == "__main__":
    t.main()
