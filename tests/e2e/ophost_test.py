"""What the end-to-end tests share: running the built programs, making data, looking at what a job left.

Everything goes through the programs `ophost` and `ophost-dump`. Where they are comes from the environment, set by
CMake (by hand: OPHOST_BIN, OPHOST_E2E_PLUGINS, OPHOST_SOURCE, OPHOST_BUILD). OPHOST_SEED repeats what a test drew by
chance, OPHOST_SOAK=1 runs the long forms, OPHOST_KEEP=1 keeps the scratch folders.
"""
import gzip
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("OPHOST_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("OPHOST_BUILD", SOURCE / "build" / "release"))
BIN = pathlib.Path(os.environ.get("OPHOST_BIN", BUILD / "bin"))
PLUGINS = pathlib.Path(os.environ.get("OPHOST_E2E_PLUGINS", BUILD / "lib/ophost/e2e"))
OPHOST, DUMP = BIN / "ophost", BIN / "ophost-dump"
SOAK = os.environ.get("OPHOST_SOAK", "") not in ("", "0")
SANITIZED = os.environ.get("OPHOST_SANITIZE", "") != ""
SEED = int(os.environ.get("OPHOST_SEED") or random.SystemRandom().randrange(1 << 32))

OK, FAILED, USAGE, PLUGIN, INPUT, STORE, STOPPED = 0, 1, 2, 3, 4, 5, 75

MAPPERS = ["clean_email_mapper", "clean_links_mapper", "fix_unicode_mapper", "punctuation_normalization_mapper",
           "whitespace_normalization_mapper"]
FILTERS = ["alphanumeric_filter", "average_line_length_filter", "character_repetition_filter",
           "maximum_line_length_filter", "special_characters_filter", "text_length_filter", "word_repetition_filter",
           "words_num_filter"]
DEDUPLICATORS = ["document_deduplicator", "document_minhash_deduplicator"]


# ---- running ----------------------------------------------------------------------------------------------------

class Outcome:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout.decode("utf-8", "replace")
        self.err = process.stderr.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit code {self.code}\n--- stdout\n{self.out[-3000:]}\n--- stderr\n{self.err[-3000:]}"


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPHOST_") or k == "OPHOST_SANITIZE"}
    env.update({k: str(v) for k, v in more.items()})
    return env


def call(*words, cwd=None, env=None, timeout=600):
    """Runs a program to its end; a program that hangs is an error of the test."""
    return Outcome(subprocess.run([str(w) for w in words], cwd=cwd, env=env or environment(), stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=timeout))


def operators():
    return {o["name"]: o for o in call(OPHOST, "ops", "--json").json()}


def whole_recipe():
    """The operators of a real recipe, with bounds at which every one of them has something to do on corpus(). What no
    plugin offers is left out; same_bytes_test says whether that may be."""
    offered = operators()
    return [op for op in _WHOLE if next(iter(op)) in offered]


_WHOLE = [
    {"clean_email_mapper": None},
    {"clean_links_mapper": None},
    {"fix_unicode_mapper": None},
    {"punctuation_normalization_mapper": None},
    {"whitespace_normalization_mapper": None},
    {"text_length_filter": {"min_len": 15, "max_len": 12000}},
    {"words_num_filter": {"min_num": 3}},
    {"alphanumeric_filter": {"min_ratio": 0.45}},
    {"average_line_length_filter": {"max_len": 8000}},
    {"document_deduplicator": None},
    {"maximum_line_length_filter": {"max_len": 5000}},
    {"special_characters_filter": {"max_ratio": 0.4}},
    {"character_repetition_filter": {"rep_len": 10, "max_ratio": 0.4}},
    {"word_repetition_filter": {"rep_len": 3, "max_ratio": 0.5}},
    {"document_minhash_deduplicator": {"jaccard_threshold": 0.7, "num_permutations": 64}},
    {"text_length_filter": {"min_len": 30}},
]


class Case(unittest.TestCase):
    """A test with a scratch folder (self.dir) and the ways to run ophost in it."""
    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="ophost-e2e-", dir=_scratch()))
        self.random = random.Random(f"{SEED} {self.id()}")
        self.addCleanup(self._clean)

    def _clean(self):
        if os.environ.get("OPHOST_KEEP"):
            print("kept", self.dir, file=sys.stderr)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def write(self, name, data):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, list):
            data = b"".join(line + b"\n" for line in data)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def recipe(self, process, name="recipe.yaml", **keys):
        """YAML in flow style, which is what JSON is."""
        keys.setdefault("dataset_path", str(self.dir / "in.jsonl"))
        keys.setdefault("export_path", str(self.dir / "out" / "out.jsonl"))
        return self.write(name, json.dumps({**keys, "process": process}, indent=1))

    def ophost(self, command, recipe, *words, code=OK, env=None):
        outcome = call(OPHOST, command, "--config", recipe, *words, cwd=self.dir, env=env)
        self.assertEqual(outcome.code, code, f"ophost {command} {' '.join(map(str, words))}: {outcome}")
        return outcome

    def run_job(self, recipe, *words, env=None):
        """A run that must succeed; what it says of itself."""
        result = self.ophost("run", recipe, "--json", *words, env=env).json()
        self.assertEqual(result["status"], "completed")
        self.check_conserved(result)
        return result

    def plan(self, recipe, *words, env=None):
        """{(operator, partition): (action, reason)}"""
        doc = self.ophost("plan", recipe, "--json", *words, env=env).json()
        return {(s["operation_idx"], p): (s["action"], s["reason"]) for s in doc["steps"]
                for p in range(s["first_partition"], s["last_partition"] + 1)}

    def refused(self, code, *words, says=(), env=None):
        """ophost must refuse: with this exit code, a message that has all of `says`, and nothing like a crash."""
        outcome = call(OPHOST, *words, cwd=self.dir, env=env)
        self.assertEqual(outcome.code, code, f"{words}: {outcome}")
        self.assertRegex(outcome.err, "(?m)^error: ", str(outcome))
        for text in says:
            self.assertIn(text, outcome.err, f"{words}: {outcome}")
        for ugly in ("terminate called", "std::", "Traceback", "boost::", "what():", "Sanitizer"):
            self.assertNotIn(ugly, outcome.err, f"{words}: {outcome}")
        self.assertNotIn(chr(0xFFFD), outcome.err)
        return outcome

    def check_conserved(self, result):
        """The equations, added up here and not believed from `conserved`."""
        gone = result["reader_quarantined"]
        before = result["input_records"] - result["reader_quarantined"]
        aside = result["reader_quarantined"]
        for op in result["operators"]:
            s = op["stats"]
            lost = s["dropped"] + s["duplicates"] + s["grouped"] + s["quarantined"] + s["discarded"]
            self.assertEqual(s["in"] + s["added"], s["out"] + lost, op)
            self.assertEqual(s["in"], before, f"{op['operation_name']} did not get what its predecessor gave")
            before = s["out"]
            gone += lost - s["added"]
            aside += s["quarantined"]
        self.assertEqual(result["input_records"], result["output_records"] + gone)
        self.assertEqual(result["output_records"], before)
        self.assertEqual(result["quarantined"], aside)
        self.assertTrue(result["conserved"])

    def quarantine(self, result):
        path = result["quarantine_file"]
        return [json.loads(line) for line in pathlib.Path(path).read_bytes().splitlines()] if path else []

    def verify_store(self, store):
        """Every byte of the store, if there is one yet."""
        if not (pathlib.Path(store) / "data.mdb").exists():
            return
        outcome = call(DUMP, "verify", "--deep", "--store", store)
        self.assertEqual(outcome.code, OK, f"ophost-dump verify: {outcome}")


def events(job_folder):
    """All events of a job, one list per run, in order. A last line that a kill tore is left out."""
    runs = []
    for path in sorted(pathlib.Path(job_folder).glob("events_*.jsonl")):
        data = path.read_bytes()
        lines = data.split(b"\n")
        parsed = []
        for line in lines[:-1]:
            event = json.loads(line)  # every whole line parses
            if event["event_type"] == "job_start":
                parsed = []
                runs.append(parsed)
            parsed.append(event)
    return runs


def sha(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def plain(path):
    """The bytes of a file, decompressed when it is compressed."""
    path = pathlib.Path(path)
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zst":
        done = subprocess.run(["zstd", "-dc", str(path)], capture_output=True, check=True)
        return done.stdout
    return path.read_bytes()


HAS_ZSTD = shutil.which("zstd") is not None


def _scratch():
    """Memory, when there is plenty: these tests are about order and atomicity, which do not ask for a slow disk."""
    if os.environ.get("TMPDIR"):
        return None
    shm = pathlib.Path("/dev/shm")
    if shm.is_dir() and os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 3 << 30:
        return str(shm)
    return None


# ---- data -------------------------------------------------------------------------------------------------------

_WORDS = [
    "the of and to in is that for it as was with be by on not he his but at are this have from or had".split()
    + "science history language people house river mountain which different between".split(),
    "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch Straße größer".split(),
    "le de un être et à il avoir ne je son que se qui ce dans en du elle au pour pas français été".split(),
    "и в не он на я что тот быть с а весь это как она по но они к у ты из мы за вы так же от сказать".split(),
    "في من على أن هذا التي كان ذلك هو مع كل بعد عند لم قد بين هي حيث أي ثم إلى عن".split(),
    "यह है कि में और को से का एक पर नहीं कर के लिए भी था होता अपने बाद साथ".split(),
]
_CHINESE = "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从"
_ODD = ["😀🎉", "ﬁne ﬂow", "naïve café", "sOâ€™s", "schÃ¶n", "“quoted” — text…", "tab\there", "nbsp\u00a0here",
        "e\u0301combining", "\u200bzero\u200d", "İstanbul", "line\u2028sep", "\\back\\slash", 'a "quote"', "null\u0000byte"]


def text(r, words):
    """A few paragraphs in one language."""
    if r.random() < 0.2:
        sentences = ["".join(r.choices(_CHINESE, k=r.randint(4, 30))) + r.choice("。，！？：；") for _ in range(words // 15 + 1)]
        return "".join(sentences)
    vocabulary = r.choice(_WORDS)
    out, line = [], []
    for _ in range(words):
        line.append(r.choice(vocabulary))
        p = r.random()
        if p < 0.06:
            line[-1] += r.choice([".", ",", "!", "?", ";", "…", "，", "。"])
        elif p < 0.08:
            line.append(str(r.randint(0, 99999)))
        if p > 0.97:
            out.append(" ".join(line))
            line = []
    out.append(" ".join(line))
    return "\n".join(out)


def encode(r, record):
    """One JSON line, in one of the ways that JSON may be written."""
    style = r.random()
    if style < 0.5:
        return json.dumps(record, ensure_ascii=False).encode()
    if style < 0.7:
        return json.dumps(record, ensure_ascii=True).encode()
    if style < 0.85:
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    items = list(record.items())
    r.shuffle(items)
    return (" " + json.dumps(dict(items), ensure_ascii=False, separators=(" , ", " : "))).encode()


def corpus(seed, count):
    """Lines of JSON: multilingual, of all lengths, with exact and near duplicates, odd characters and odd records. A
    function of its arguments alone."""
    r = random.Random(f"corpus {seed}")
    texts, lines = [], []
    for i in range(count):
        p = r.random()
        if p < 0.08 and texts:
            t = r.choice(texts[-400:])
        elif p < 0.20 and texts:
            words = r.choice(texts[-400:]).split(" ")
            for _ in range(max(1, len(words) // 50)):
                words[r.randrange(len(words))] = r.choice(r.choice(_WORDS))
            t = " ".join(words)
        elif p < 0.23:
            t = ""
        elif p < 0.26:
            t = r.choice(["   ", "\n\n", "a", "!?", "。", "1 2 3", "\t\u3000 "])
        elif p < 0.28:
            t = " ".join(r.choices(["spam", "spam", "egg"], k=r.randint(5, 80)))
        elif p < 0.30:
            t = "".join(r.choices("#*=-_|+", k=r.randint(30, 400))) + " " + text(r, 5)
        elif p < 0.305:
            t = text(r, 10).replace("\n", " ") + " x" * r.randint(3000, 9000)  # one long line
        elif p < 0.31:
            t = text(r, r.randint(1500, 3000)).replace("\n", " ")
        else:
            t = text(r, int(2 ** r.uniform(1, 8.5)))
        if r.random() < 0.15:
            t += r.choice([" ", "\n"]) + r.choice(_ODD)
        if r.random() < 0.08:
            t += f" write to user{r.randint(0, 99)}@example.org now"
        if r.random() < 0.08:
            t += f" see https://example.org/a/{r.randint(0, 999)}?q=1#x or http://www.example.com"
        texts.append(t)
        record = {"text": t, "id": i}
        if r.random() < 0.3:
            record["meta"] = {"source": r.choice(["web", "buch", "статья"]), "score": r.choice([1, 1.5, 2e-7, None, True]),
                              "tags": ["a", {"b": [1, 2.50, -0]}]}
        lines.append(encode(r, record))
    return lines


def main():
    print(f"OPHOST_SEED={SEED}", flush=True)
    for program in (OPHOST, DUMP):
        if not program.exists():
            sys.exit(f"{program} is not built; build it, or say where it is with OPHOST_BIN")
    unittest.main(verbosity=2)
