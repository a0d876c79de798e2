"""Records that make operators fail: exactly the guilty one goes into quarantine. What only worker processes can survive runs
where the host has them."""
import json
import pathlib
import sys

from bench import Bad, MENDED, ZOO, row, run, t

sys.path.insert(0, str(pathlib.Path(t.__file__).parent))
import zoo_test as zoo  # noqa: E402


def poison(fault, words, exact=True):
    def case(place):
        folder = place.folder()
        lines = zoo.lines()
        (folder / "in.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
        (folder / "recipe.yaml").write_text(json.dumps({
            "dataset_path": str(folder / "in.jsonl"), "export_path": str(folder / "out.jsonl"), "job_id": "j",
            "process": [{"text_length_filter": {"min_len": 0}}, {"zoo_mapper": {"fault": fault}}]}))

        def job(plugin, *more):
            done = run([t.OPHOST, "run", "--config", folder / "recipe.yaml", "--json", "--plugin-path", plugin, *words, *more])
            if done.code != 0:
                raise Bad(f"exit code {done.code}: {done.err[-300:]}")
            return json.loads(done.out), (folder / "out.jsonl").read_bytes().split(b"\n")[:-1]

        result, out = job(ZOO)
        if result["input_records"] != zoo.RECORDS or not result["conserved"]:
            raise Bad(f"records are not accounted for: {result}")
        if len(out) + result["quarantined"] != zoo.RECORDS:
            raise Bad(f"{zoo.RECORDS - len(out) - result['quarantined']} records are lost")
        entries = [json.loads(e) for e in pathlib.Path(result["quarantine_file"]).read_bytes().splitlines()] \
            if result["quarantine_file"] else []
        if exact:
            if [e["line"] for e in entries] != [zoo.GUILTY + 1] or entries[0]["raw"].encode() != lines[zoo.GUILTY]:
                raise Bad(f"in quarantine are {[(e['line'], e['reason']) for e in entries]}, guilty is line {zoo.GUILTY + 1}")
            if out != lines[:zoo.GUILTY] + lines[zoo.GUILTY + 1:]:
                raise Bad("other records than the guilty one changed")
            if not entries[0]["reason"].strip():
                raise Bad("no reason is given")
        place.check_store(folder)
        done = run([t.OPHOST, "replay", "--job", folder / "j", "--json", "--plugin-path", MENDED])
        if done.code != 0:
            raise Bad(f"replay: exit code {done.code}: {done.err[-300:]}")
        out = (folder / "out.jsonl").read_bytes().split(b"\n")[:-1]
        if out != lines or json.loads(done.out)["quarantined"] != 0:
            raise Bad("after a replay with the mended plugin the output is not that of a run without the fault")
        return "1 record named" if entries else "went on"
    return case


@row("one poison record in 2,500 (threads)", 3)
def survivable(bench):
    words = ["--isolation", "thread"] if zoo.HAS_PROCESSES else []
    for fault in zoo.QUARANTINED:
        yield fault, poison(fault, words)
    for fault in zoo.HARMLESS:
        yield fault, poison(fault, words, exact=False)


@row("one poison record in 2,500 (worker processes)", 4)
def deadly(bench):
    if not zoo.HAS_PROCESSES:
        return
    words = ["--isolation", "process", *zoo.BOUNDS]
    for fault in [*zoo.DEADLY, *zoo.QUARANTINED]:
        yield fault, poison(fault, words)
    for fault in zoo.SOMEHOW:
        yield fault, poison(fault, words, exact=False)
