"""The output is a function of the input and the recipe: not of workers, partitions, checkpoints, compression or reuse."""
import gzip
import itertools
import pathlib
import subprocess

import ophost_test as t

STRATEGIES = [["every_op"], ["every_n_ops", "--checkpoint.n_ops", "3"],
              ["manual", "--checkpoint.op_names", "whitespace_normalization_mapper,word_repetition_filter"], ["disabled"]]
PARTITIONS = [["--partition.mode", "manual", "--partition.size", "230"],
              ["--partition.mode", "manual", "--partition.num_of_partitions", "3"],
              ["--partition.mode", "auto", "--partition.target_size_mb", "1"]]


class SameBytes(t.Case):
    def setUp(self):
        super().setUp()
        self.lines = t.corpus(11, 20000 if t.SOAK else 3000)
        self.write("in.jsonl", self.lines)
        self.jobs = 0

    def job(self, *words, out="out.jsonl", **keys):
        """A run in a work folder of its own; (its result, its export)"""
        self.jobs += 1
        folder = self.dir / f"job{self.jobs}"
        r = self.recipe(t.whole_recipe(), export_path=str(folder / out), work_dir=str(folder / "work"), **keys)
        return self.run_job(r, *words), folder / out

    def stats(self, out):
        return out.parent / "out_stats.jsonl"

    def test_no_operator_is_missing(self):
        self.assertEqual(set(t.MAPPERS + t.FILTERS + t.DEDUPLICATORS) - set(t.operators()), set())

    def test_workers_partitions_strategies(self):
        result, out = self.job("--workers", "1", "--checkpoint.strategy", "disabled", *PARTITIONS[1])
        bytes_, stats = t.sha(out), t.sha(self.stats(out))
        for op in result["operators"]:  # a test in which an operator has nothing to do would show nothing
            s = op["stats"]
            self.assertGreater(s["edited"] + s["dropped"] + s["duplicates"], 0, op)
        self.assertGreater(result["output_records"], len(self.lines) // 3)
        for workers, partition, strategy in itertools.product([1, 2, 4], PARTITIONS, STRATEGIES):
            with self.subTest(workers=workers, partition=partition, strategy=strategy):
                again, out = self.job("--workers", workers, *partition, "--checkpoint.strategy", *strategy)
                self.assertEqual(t.sha(out), bytes_)
                self.assertEqual(t.sha(self.stats(out)), stats)
                for a, b in zip(result["operators"], again["operators"]):
                    for key in ("in", "out", "dropped", "duplicates", "edited", "quarantined", "discarded", "bytes"):
                        self.assertEqual(a["stats"][key], b["stats"][key], a["operation_name"])

    def test_kept_stats_and_hashes(self):
        seen = set()
        for workers, partition in zip([1, 2, 4], PARTITIONS):
            _, out = self.job("--workers", workers, *partition, "--keep_stats_in_res_ds", "true",
                              "--keep_hashes_in_res_ds", "true")
            seen.add((t.sha(out), t.sha(self.stats(out))))
            first = out.read_bytes().splitlines()[0]
            self.assertIn(b"__dj__stats__", first)
            self.assertIn(b"__dj__hash", first)
        self.assertEqual(len(seen), 1)

    def test_compressed_in_and_out(self):
        _, out = self.job(*PARTITIONS[0])
        bytes_ = out.read_bytes()
        (self.dir / "in.jsonl.gz").write_bytes(gzip.compress((self.dir / "in.jsonl").read_bytes(), 6, mtime=0))
        names = ["in.jsonl.gz"]
        # ophost's own .zst, made by a recipe without operators, which must give back what it reads.
        copy = self.recipe([], "copy.yaml", export_path=str(self.dir / "in.jsonl.zst"), work_dir=str(self.dir / "copy"))
        self.run_job(copy)
        if t.HAS_ZSTD:
            self.assertEqual(t.plain(self.dir / "in.jsonl.zst"), (self.dir / "in.jsonl").read_bytes())
            subprocess.run(["zstd", "-q", "-3", str(self.dir / "in.jsonl"), "-o", str(self.dir / "foreign.jsonl.zst")],
                           check=True)
            names.append("foreign.jsonl.zst")
        names.append("in.jsonl.zst")
        for name in names:
            with self.subTest(input=name):
                _, out = self.job(dataset_path=str(self.dir / name))
                self.assertEqual(out.read_bytes(), bytes_)
        for suffix in (".gz", ".zst"):
            shas = set()
            for workers, partition in zip([4, 1, 2], PARTITIONS):
                _, out = self.job("--workers", workers, *partition, out="out.jsonl" + suffix)
                shas.add(t.sha(out))
                if suffix == ".gz" or t.HAS_ZSTD:
                    self.assertEqual(t.plain(out), bytes_)
                back = self.recipe([], "back.yaml", dataset_path=str(out), export_path=str(out.parent / "back.jsonl"),
                                   work_dir=str(out.parent / "back"))
                self.run_job(back)
                self.assertEqual((out.parent / "back.jsonl").read_bytes(), bytes_)
            self.assertEqual(len(shas), 1, f"{suffix}: the compressed bytes depend on partitions or workers")

    def test_many_files_are_one_stream(self):
        _, out = self.job()
        bytes_ = out.read_bytes()
        third = len(self.lines) // 3
        for i in range(3):
            end = None if i == 2 else (i + 1) * third
            self.write(f"parts/p{i}.jsonl", self.lines[i * third:end])
        for path in ("parts", "parts/*.jsonl", "parts/**"):
            with self.subTest(path=path):
                _, out = self.job("--workers", 2, *PARTITIONS[0], dataset_path=str(self.dir / path))
                self.assertEqual(out.read_bytes(), bytes_)
        _, out = self.job(dataset_path=[str(self.dir / "parts" / f"p{i}.jsonl") for i in range(3)])
        self.assertEqual(out.read_bytes(), bytes_)

    def test_shards_are_the_same_stream(self):
        _, out = self.job()
        bytes_ = out.read_bytes()
        seen = set()
        size = max(len(bytes_) // 5, max(map(len, bytes_.splitlines(keepends=True))))
        for workers, partition in zip([1, 4], PARTITIONS):
            result, out = self.job("--workers", workers, *partition, "--export_shard_size", str(size))
            files = [pathlib.Path(f["path"]) for f in result["files"]]
            self.assertGreater(len(files), 3)
            self.assertEqual(sorted(f.name for f in files), sorted(p.name for p in out.parent.glob("out-*")))
            self.assertEqual(b"".join(f.read_bytes() for f in files), bytes_)
            for f in files[:-1]:
                self.assertLessEqual(f.stat().st_size, size)
            seen.add(tuple((f.name, t.sha(f)) for f in files))
        self.assertEqual(len(seen), 1)

    def test_untouched_records_leave_byte_for_byte(self):
        copy = self.recipe([], "copy.yaml", export_path=str(self.dir / "copy.jsonl"))
        self.run_job(copy, *PARTITIONS[0])
        self.assertEqual((self.dir / "copy.jsonl").read_bytes(), (self.dir / "in.jsonl").read_bytes())
        only_filters = [o for o in t.whole_recipe() if next(iter(o)).endswith(("_filter", "_deduplicator"))]
        r = self.recipe(only_filters, export_path=str(self.dir / "f" / "out.jsonl"))
        result = self.run_job(r, *PARTITIONS[0])
        out = (self.dir / "f" / "out.jsonl").read_bytes().splitlines(keepends=True)
        given = iter([line + b"\n" for line in self.lines])
        self.assertTrue(all(line in given for line in out), "a record was changed or moved although nothing edits it")
        self.assertEqual(len(out), result["output_records"])

    def test_resumed_with_other_workers_after_every_partial_run(self):
        """M16 of datatrove: completions must not be counted by how the work was split."""
        _, out = self.job()
        bytes_ = t.sha(out)
        folder = self.dir / "resumed"
        r = self.recipe(t.whole_recipe(), export_path=str(folder / "out.jsonl"), job_id="j",
                        **{"checkpoint": {"strategy": "every_op"}})
        prefix = self.recipe(t.whole_recipe()[:7], "prefix.yaml", export_path=str(folder / "prefix.jsonl"), job_id="j",
                             **{"checkpoint": {"strategy": "every_op"}})
        for partition in PARTITIONS:
            self.run_job(prefix, *partition, "--workers", 4)
            result = self.run_job(r, *partition, "--workers", 1)
            self.assertEqual(t.sha(folder / "out.jsonl"), bytes_)
            self.assertEqual([o["partitions_run"] for o in result["operators"][:7]], [0] * 7)
            self.assertGreater(result["operators"][7]["partitions_run"], 0)
            (folder / "out.jsonl").unlink()


if __name__ == "__main__":
    t.main()
