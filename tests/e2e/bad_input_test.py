"""Rubbish in: what cannot be processed is put aside with file, line, byte offset and reason, and counted; everything else
is untouched, byte for byte; nothing is lost in silence."""
import base64
import gzip
import json
import pathlib

import ophost_test as t

FILTERS = [{"text_length_filter": {"min_len": 0}}, {"words_num_filter": {"min_num": 0}}]
DEEP = 10000

# (line, a part of the reason)
FAULTY = [
    (b'{"text": "broken', "expected the closing"),
    (b'{"text": "a"', "expected"),
    (b'{"text": "a",}', "expected"),
    (b'{"text": "a"} x', "expected the end of the line"),
    (b'{"text": "a"}{"text": "b"}', "expected the end of the line"),
    (b"{'text': 'a'}", "expected"),
    (b'{text: "a"}', "expected"),
    (b'{"text" "a"}', "expected"),
    (b'{"text": "a" "id": 1}', "expected"),
    (b'{"text": "a", "x": 01}', "expected"),
    (b'{"text": "a", "x": tru}', "expected"),
    (b'{"text": "a", "x": +1}', "expected"),
    (b'{"text": "bad escape \\x41"}', "expected"),
    (b'{"text": "bad escape \\u12g4"}', "expected"),
    (b'{"text": "raw nul \x00 byte"}', "expected an escaped control character"),
    (b'{"text": "raw tab \t"}', "expected an escaped control character"),
    (b"garbage", "expected '{'"),
    (b"<html>", "expected '{'"),
    (b"[]", "expected '{'"), (b'"text"', "expected '{'"), (b"42", "expected '{'"), (b"null", "expected '{'"),
    (b"[" * DEEP + b"]" * DEEP, "expected '{'"),
    (b'{"text": "a", "x": ' + b"[" * DEEP + b"}", "expected"),
    (b'{"text": "invalid \xff"}', "invalid UTF-8"),
    (b'{"text": "overlong \xc0\xaf"}', "invalid UTF-8"),
    (b'{"text": "surrogate in UTF-8 \xed\xa0\x80"}', "invalid UTF-8"),
    (b'{"text": "cut \xe4\xb8"}', "invalid UTF-8"),
    (b'{"text": "beyond \xf4\x90\x80\x80"}', "invalid UTF-8"),
    (b'{"text": "a", "other": "\xfe"}', "invalid UTF-8"),
    (b'{"text": "lone \\ud800 surrogate"}', "surrogate"),
    (b'{"text": "lone \\udc00 surrogate"}', "surrogate"),
    (b'{"id": 1}', "'text' is missing"), (b"{}", "'text' is missing"), (b'{"Text": "a"}', "'text' is missing"),
    (b'{"meta": {"text": "a"}}', "'text' is missing"),
    (b'{"text": 5}', "is a number"), (b'{"text": -1.5e300}', "is a number"), (b'{"text": null}', "is null"),
    (b'{"text": ["a"]}', "is an array"), (b'{"text": {"a": 1}}', "is an object"), (b'{"text": true}', "is a boolean"),
    (b'{"text": "was one", "text": 3}', "is a number"),
]
# Odd, but records.
SOUND = [
    b'{"text": "plain"}', b'{"text": ""}', b'  {  "text"\t:  "spaces"  }  ', b'{"id":1,"text":"last","z":null}',
    b'{"text": "duplicate one", "text": "duplicate two"}', b'{"text": "deep", "x": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    b'{"x": ' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b', "text": "deep objects"}',
    b'{"text": "numbers", "n": 123456789012345678901234567890, "f": 1e999, "z": -0, "e": 1E+2, "d": 1.10}',
    b'{"text": "beyond 64 bits", "n": 18446744073709551616, "m": -9223372036854775809}',
    b'{"text": "NUL \\u0000 inside", "k": "\\u0000"}', b'{"text": "pair \\ud83d\\ude00 and \xf0\x9f\x98\x80"}',
    b'{"text": "escaped \\/ \\b\\f \\u00e9", "other": "lone \\ud800 elsewhere"}', b'{"te\\u0078t": "escaped key"}',
    b'{"text": "carriage return"}\r', b'{"text": "DEL \x7f and \xc2\x85 and \xe2\x80\xa8"}',
    b'{"text": "noncharacter \xef\xbf\xbf"}', b'{"text": "many keys", ' + b", ".join(b'"k%d": %d' % (i, i) for i in range(2000)) + b"}",
]
BLANK = [b"", b"   ", b"\t", b"\r", b" \t \r"]


class BadInput(t.Case):
    def job(self, *words, process=FILTERS, **keys):
        out = self.dir / "out" / "out.jsonl"
        return self.run_job(self.recipe(process, **keys), *words), out.read_bytes()

    def mixed(self, ending=b"\n"):
        """Faulty, sound and blank lines in a random order; [(kind, line, line number, byte offset)]"""
        items = [("faulty", line, why) for line, why in FAULTY * 2] + [("sound", line, None) for line in SOUND * 3]
        items += [("blank", line, None) for line in BLANK * 3]
        items += [("sound", line, None) for line in t.corpus(8, 300) if b"\r" not in line]
        self.random.shuffle(items)
        items.insert(0, ("sound", b'{"text": "first"}', None))
        out, offset = [], 0
        for number, (kind, line, why) in enumerate(items, 1):
            out.append((kind, line, why, number, offset))
            offset += len(line) + len(ending)
        self.write("in.jsonl", ending.join(line for _, line, _, _, _ in out) + ending)
        return out

    def check_quarantine(self, result, faulty, path="in.jsonl"):
        entries = self.quarantine(result)
        self.assertEqual([e["line"] for e in entries], [number for _, _, _, number, _ in faulty])
        for entry, (_, line, why, number, offset) in zip(entries, faulty):
            self.assertEqual(entry["file"], str(self.dir / path))
            self.assertEqual(entry["byte_offset"], offset, entry["line"])
            self.assertIn(why, entry["reason"], line[:80])
            self.assertEqual(entry["operation_name"], "reader")
            kept = base64.b64decode(entry["raw_base64"]) if "raw_base64" in entry else entry["raw"].encode()
            self.assertEqual(kept, line)

    def test_every_fault_is_put_aside_and_everything_else_untouched(self):
        items = self.mixed()
        faulty = [i for i in items if i[0] == "faulty"]
        sound = [i[1] for i in items if i[0] == "sound"]
        self.assertGreater(len(faulty), 80)
        first = None
        for words in (["--workers", 1], ["--workers", 4, "--partition.mode", "manual", "--partition.size", "40"],
                      ["--workers", 2, "--partition.mode", "manual", "--partition.size", "7", "--checkpoint.strategy", "every_op"]):
            with self.subTest(words=words):
                result, out = self.job("--fresh", *words)
                self.assertEqual(out, b"".join(line + b"\n" for line in sound))
                self.assertEqual(result["reader_quarantined"], len(faulty))
                self.assertEqual(result["input_records"], len(faulty) + len(sound))
                self.assertEqual(result["output_records"], len(sound))
                self.check_quarantine(result, faulty)
                entries = [{k: v for k, v in e.items() if k not in ("partition_id", "record")}
                           for e in self.quarantine(result)]
                self.assertEqual(entries, first or entries)
                first = entries

    def test_every_fault_alone(self):
        """A file of one bad line, with and without its newline."""
        for line, why in FAULTY:
            for end in (b"\n", b""):
                self.write("in.jsonl", line + end)
                result, out = self.job("--fresh")
                self.assertEqual((out, result["input_records"]), (b"", 1), line[:80])
                self.check_quarantine(result, [(None, line, why, 1, 0)])

    def test_crlf(self):
        lines = [b'{"text": "one"}', b'{"text": "two  "}', b"", b'{"text": 3}']
        self.write("in.jsonl", b"\r\n".join(lines) + b"\r\n")
        result, out = self.job()
        self.assertEqual(out, lines[0] + b"\r\n" + lines[1] + b"\r\n")
        self.assertEqual(result["reader_quarantined"], 1)
        self.assertEqual(self.quarantine(result)[0]["line"], 4)
        result, out = self.job("--fresh", process=[{"whitespace_normalization_mapper": None}])
        self.assertEqual(out, lines[0] + b"\r\n" + b'{"text": "two"}\r\n')

    def test_byte_order_mark_and_no_newline_at_the_end(self):
        for bom in (b"", b"\xef\xbb\xbf"):
            for end in (b"", b"\n", b"\n\n\n"):
                for size in ([], ["--partition.mode", "manual", "--partition.size", "1"]):
                    self.write("in.jsonl", bom + b'{"text": "one"}\n{"text": "two"}' + end)
                    result, out = self.job("--fresh", *size)
                    self.assertEqual(out, b'{"text": "one"}\n{"text": "two"}\n', (bom, end, size))
                    self.assertEqual(result["input_records"], 2)
        # Only at the start of a file is it one.
        self.write("in.jsonl", b'{"text": "one"}\n\xef\xbb\xbf{"text": "two"}\n')
        result, out = self.job("--fresh")
        self.assertEqual(out, b'{"text": "one"}\n')
        self.assertEqual(self.quarantine(result)[0]["line"], 2)

    def test_nothing_in_it(self):
        for data in (b"", b"\n", b"\n \n\t\r\n\n", b"\xef\xbb\xbf"):
            for name in ("in.jsonl", "in.jsonl.gz"):
                self.write(name, gzip.compress(data) if name.endswith(".gz") else data)
                process = [*FILTERS, {"document_deduplicator": None}, {"text_length_filter": None}]
                result, out = self.job("--fresh", process=process, dataset_path=str(self.dir / name))
                self.assertEqual((out, result["input_records"], result["output_records"]), (b"", 0, 0), data)
                self.assertFalse(result["quarantine_file"])
        self.write("data/a.jsonl", b"")
        self.write("data/b.jsonl", b'{"text": "x"}\n')
        result, out = self.job("--fresh", dataset_path=str(self.dir / "data"))
        self.assertEqual(out, b'{"text": "x"}\n')

    def test_a_big_record(self):
        size = (200 if t.SOAK else 20) << 20
        big = b'{"text": "' + b"word and another " * (size // 17) + b'", "id": 1}'
        small = [b'{"text": "before"}', b'{"text": "after"}']
        self.write("in.jsonl", [small[0], big, small[1], b'{"text": "' + b"x" * size])
        process = [{"text_length_filter": {"min_len": 0}}, {"document_deduplicator": None}, {"words_num_filter": {"min_num": 0}}]
        for words in (["--workers", 1], ["--workers", 2, "--partition.mode", "manual", "--partition.size", "1"]):
            result, out = self.job("--fresh", *words, process=process)
            self.assertEqual(out, small[0] + b"\n" + big + b"\n" + small[1] + b"\n")
            self.assertEqual(result["reader_quarantined"], 1)

    def test_long_blank_stretches(self):
        self.write("in.jsonl", b"\n" * 3000000 + b'{"text": "one"}\n' + b" " * 5000000 + b"\n" + b'{"text": 1}')
        result, out = self.job("--partition.target_size_mb", "1")
        self.assertEqual(out, b'{"text": "one"}\n')
        entry = self.quarantine(result)[0]
        self.assertEqual((entry["line"], entry["byte_offset"]), (3000003, 8000017))

    # ---- compressed ----

    def truncated(self, name, data, says=r"truncated|ends|damaged|cut|corrupt|incomplete"):
        """A job over a file that ends too early must fail, say where, and leave no output."""
        self.write(name, data)
        out = self.dir / "out" / "out.jsonl"
        r = self.recipe(FILTERS, dataset_path=str(self.dir / name))
        outcome = self.refused(t.INPUT, "run", "--config", r, "--fresh", says=[str(self.dir / name)])
        self.assertRegex(outcome.err, says)
        self.assertTrue("does not begin as" in says or "does not begin as" not in outcome.err, outcome.err)
        self.assertFalse(out.exists(), "an export was written from a file that ends too early")
        return outcome

    def test_truncated_gz(self):
        lines = t.corpus(4, 300)
        whole = gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0)
        for cut in [1, 5, 17, len(whole) // 3, len(whole) // 2, len(whole) - 9, len(whole) - 4, len(whole) - 1]:
            with self.subTest(cut=cut):
                self.truncated("in.jsonl.gz", whole[:cut])
        with self.subTest("second member cut"):
            self.truncated("in.jsonl.gz", whole + whole[:len(whole) // 2])
        for at in (len(whole) // 2, len(whole) - 6):
            with self.subTest(flipped=at):
                self.truncated("in.jsonl.gz", whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1:])
        with self.subTest("not gzip"):
            self.truncated("in.jsonl.gz", b"".join(line + b"\n" for line in lines), "does not begin as gzip does")
        self.write("in.jsonl.gz", whole + whole)
        result, out = self.job("--fresh", dataset_path=str(self.dir / "in.jsonl.gz"))
        self.assertEqual(out, b"".join(line + b"\n" for line in lines) * 2)

    def test_decompression_bomb(self):
        """A small file with a record that no memory holds: a sentence that names the bound, and no result."""
        with gzip.open(self.dir / "bomb.jsonl.gz", "wb", 1) as f:
            f.write(b'{"text": "')
            for _ in range(600):
                f.write(bytes(1 << 20).replace(b"\0", b"a"))
            f.write(b'"}\n')
        recipe = self.recipe(FILTERS, dataset_path=str(self.dir / "bomb.jsonl.gz"))
        self.refused(t.FAILED, "run", "--config", recipe, "--worker-memory", "256M", says=["partition 0", "--worker-memory"])
        self.assertFalse((self.dir / "out/out.jsonl").exists())

    def test_truncated_zst(self):
        lines = t.corpus(4, 300)
        self.write("plain.jsonl", lines)
        self.run_job(self.recipe([], "make.yaml", dataset_path=str(self.dir / "plain.jsonl"),
                                 export_path=str(self.dir / "made" / "x.jsonl.zst")))
        whole = (self.dir / "made" / "x.jsonl.zst").read_bytes()
        for cut in [1, 5, 17, len(whole) // 3, len(whole) // 2, len(whole) - 4, len(whole) - 1]:
            with self.subTest(cut=cut):
                self.truncated("in.jsonl.zst", whole[:cut])
        with self.subTest("second frame cut"):
            self.truncated("in.jsonl.zst", whole + whole[:len(whole) // 2])
        with self.subTest("not zstd"):
            self.truncated("in.jsonl.zst", b'{"text": "a"}\n', "does not begin as zstd does")
        for at in (len(whole) // 2, len(whole) - 3):
            with self.subTest(flipped=at):
                self.truncated("in.jsonl.zst", whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1:])
        self.write("in.jsonl.zst", whole + whole)
        result, out = self.job("--fresh", dataset_path=str(self.dir / "in.jsonl.zst"))
        self.assertEqual(out, b"".join(line + b"\n" for line in lines) * 2)

    def test_one_truncated_file_among_good_ones(self):
        """The good files' work is kept: when the bad one is mended only it runs."""
        lines = t.corpus(4, 300)
        whole = gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0)
        self.write("data/a.jsonl", lines)
        self.write("data/b.jsonl.gz", whole[:-20])
        r = self.recipe(FILTERS, dataset_path=str(self.dir / "data"))
        self.refused(t.INPUT, "run", "--config", r, "--workers", "1", says=["b.jsonl.gz"])
        self.write("data/b.jsonl.gz", whole)
        result = self.run_job(r, "--workers", "1")
        self.assertEqual([(o["partitions_run"], o["partitions_reused"]) for o in result["operators"]], [(1, 1), (1, 1)])

    # ---- bounds and policies ----

    def test_max_quarantined(self):
        items = self.mixed()
        n = sum(i[0] == "faulty" for i in items)
        r = self.recipe(FILTERS)
        words = ["--partition.mode", "manual", "--partition.size", "40"]
        self.run_job(r, "--max-quarantined", n, *words)
        (self.dir / "out/out.jsonl").unlink()
        for limit in (0, 1, n - 1):
            with self.subTest(limit=limit):
                self.refused(t.FAILED, "run", "--config", r, "--fresh", "--max-quarantined", str(limit), *words,
                             says=[f"more than {limit} ", "quarantine"])
                self.assertFalse((self.dir / "out/out.jsonl").exists())
        with self.subTest("in the recipe"):
            limited = self.recipe(FILTERS, "limited.yaml", max_quarantined=n - 1)
            self.refused(t.FAILED, "run", "--config", limited, "--fresh", *words, says=[f"more than {n - 1} "])
            self.run_job(limited, "--fresh", "--max-quarantined", n, *words)

    def test_max_quarantined_counts_what_earlier_runs_found(self):
        """Resuming must not be a way around the bound."""
        self.mixed()
        r = self.recipe(FILTERS)
        words = ["--partition.mode", "manual", "--partition.size", "40", "--checkpoint.strategy", "every_op", "--job_id", "j"]
        for _ in range(3):
            self.refused(t.FAILED, "run", "--config", r, "--max-quarantined", "20", *words, says=["more than 20 "])
        self.assertFalse((self.dir / "out/out.jsonl").exists())

    def test_policies(self):
        lines = [json.dumps({"text": f"text {i}" + (" POISON" if i % 7 == 3 else ""), "id": i}).encode() for i in range(100)]
        self.write("in.jsonl", lines)
        bad = [i for i in range(100) if i % 7 == 3]
        plugin = ["--plugin-path", t.PLUGINS / "probe_1_0_0.so"]
        probe = {"poison": "POISON"}

        def process(**more):
            return [{"text_length_filter": {"min_len": 0}}, {"e2e_probe_mapper": {**probe, **more}}, {"words_num_filter": {"min_num": 0}}]

        good = b"".join(line + b"\n" for i, line in enumerate(lines) if i not in bad)
        result, out = self.job(*plugin, process=process())  # M3, M17: only the poison is lost, and it is named
        self.assertEqual(out, good)
        self.assertEqual([e["line"] for e in self.quarantine(result)], [i + 1 for i in bad])
        for entry in self.quarantine(result):
            self.assertEqual((entry["operation_name"], entry["operation_idx"]), ("e2e_probe_mapper", 1))
            self.assertEqual((entry["plugin"], entry["plugin_version"]), ("org.example.e2e-probe", "1.0.0"))
            self.assertIn("the text holds 'POISON'", entry["reason"])
            self.assertEqual(entry["raw"].encode(), lines[entry["line"] - 1])
        result, out = self.job(*plugin, process=process(on_error="drop"))
        self.assertEqual(out, good)
        self.assertEqual(result["operators"][1]["stats"]["discarded"], len(bad))
        self.assertFalse(result["quarantine_file"])
        result, out = self.job(*plugin, process=process(on_error="keep"))
        self.assertEqual(out, b"".join(line + b"\n" for line in lines))
        (self.dir / "out/out.jsonl").unlink()
        for key in ({"on_error": "fail"}, {"skip_op_error": False}):
            r = self.recipe(process(**key))
            self.refused(t.FAILED, "run", "--config", r, *map(str, plugin),
                         says=["process[1] e2e_probe_mapper", "in.jsonl:4:", "the text holds 'POISON'"])
            self.assertFalse((self.dir / "out/out.jsonl").exists())

    def test_quarantine_survives_a_resume(self):
        """Faults that an earlier run found are in the quarantine of the run that ends the job."""
        items = self.mixed()
        faulty = [i for i in items if i[0] == "faulty"]
        words = ["--partition.mode", "manual", "--partition.size", "40", "--checkpoint.strategy", "every_op"]
        self.job(*words)
        result, out = self.job(*words, process=[*FILTERS, {"text_length_filter": {"min_len": 1}}])
        self.assertEqual(result["operators"][0]["partitions_run"], 0)
        self.check_quarantine(result, faulty)

    def test_text_in_another_place(self):
        self.write("in.jsonl", [b'{"a": {"b": "deep  text"}, "text": 7}', b'{"a": {"b": null}}', b'{"a": 1}', b'{"a.b": "flat"}'])
        result, out = self.job(process=[{"whitespace_normalization_mapper": None}, {"text_length_filter": {"min_len": 1}}],
                               text_keys="a.b")
        self.assertEqual(out.splitlines()[0], b'{"a": {"b": "deep  text"}, "text": 7}')
        self.assertEqual(result["reader_quarantined"] + result["output_records"], 4)
        self.assertGreaterEqual(result["reader_quarantined"], 2)


if __name__ == "__main__":
    t.main()
