#!/usr/bin/env python3
"""Differential checker: runs a host on the parity fixtures and compares with what Data-Juicer 1.6.1 gave.

  check_parity.py --cmd 'HOST --config {config}' [--dir FOLDER] [--ops a,b] [--jobs 2] [--batch]
  check_parity.py --cmd '...' --recipes [--only name,name]

The host gets a Data-Juicer style YAML recipe: dataset_path, export_path, np, keep_stats_in_res_ds: true, process.
Only the standard library is used (recipes: also the `zstd` command line tool to unpack *.zst).

Comparison rules
  records   same number and order; every field equal; an object member that is null equals a missing member;
            numbers: |a-b| <= max(1e-9*|b|, 6e-11)  (Data-Juicer's exported stats are rounded to 10 decimals)
  stats     for filters: __dj__stats__ of every surviving record against the fixture's full precision value, found
            in the exported record or, failing that, in <export stem>_stats.jsonl (one line per exported record)
Cases marked error/fatal (the op raises in Data-Juicer), rounding (decision depends on the 10 decimal rounding) and
unicode_version (needs exactly Unicode 14 tables) are skipped unless --errors / --rounding / --unicode is given.
Cases with needs: models use the tiny own models in resources/models (sentencepiece, KenLM ARPA, HF tokenizer); they are
skipped unless --models, which also exports DATA_JUICER_EXTERNAL_MODELS_HOME=<resources>/models to the host.
"""

import argparse, concurrent.futures as cf, hashlib, json, os, re, shutil, subprocess, sys, tempfile, time, threading

HERE = os.path.dirname(os.path.abspath(__file__))
STATS = "__dj__stats__"


# ---------------------------------------------------------------- tiny YAML writer (block style, quoted strings)
def ystr(s):
    out = json.dumps(s, ensure_ascii=False)
    return "".join(
        (
            c
            if (
                0x20 <= ord(c) < 0x7F
                or 0xA0 <= ord(c) < 0xD800
                and ord(c) not in (0x2028, 0x2029)
                or 0xE000 <= ord(c) <= 0xFFFD
                and ord(c) != 0xFEFF
                or ord(c) > 0xFFFF
            )
            else "\\u%04x" % ord(c)
        )
        for c in out
    )


def yaml(v, ind=0):
    p = "  " * ind
    if isinstance(v, dict):
        if not v:
            return " {}\n"
        r = "\n"
        for k, x in v.items():
            r += p + ystr(k) + ":" + yaml(x, ind + 1)
        return r
    if isinstance(v, list):
        if not v:
            return " []\n"
        r = "\n"
        for x in v:
            if isinstance(x, dict) and x:
                b = yaml(x, ind + 1)[1:]
                r += p + "- " + b[2 * (ind + 1) :]
            else:
                r += p + "-" + yaml(x, ind + 1)
        return r
    if v is None:
        return " null\n"
    if v is True:
        return " true\n"
    if v is False:
        return " false\n"
    if isinstance(v, (int, float)):
        s = repr(v)
        if "e" in s and "." not in s:
            s = s.replace("e", ".0e")
        if "e" in s and "e-" not in s and "e+" not in s:
            s = s.replace("e", "e+")
        return " " + s + "\n"
    return " " + ystr(v) + "\n"


# ---------------------------------------------------------------- comparison
def num(x):
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def same(a, b, path=""):
    """None when equal, else a short reason. a: host, b: expected"""
    if num(a) and num(b):
        if a == b or abs(a - b) <= max(1e-9 * abs(b), 6e-11):
            return None
        return "%s: %r != %r" % (path, a, b)
    if isinstance(a, dict) and isinstance(b, dict):
        for k in list(b) + [k for k in a if k not in b]:
            r = same(a.get(k), b.get(k), path + "." + k)
            if r:
                return r
        return None
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return "%s: %d items, expected %d" % (path, len(a), len(b))
        for i, (x, y) in enumerate(zip(a, b)):
            r = same(x, y, "%s[%d]" % (path, i))
            if r:
                return r
        return None
    if type(a) == type(b) and a == b:
        return None
    if a == {} and b is None or b == {} and a is None:
        return None
    if isinstance(a, str) and isinstance(b, str):
        i = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        return "%s: differs at char %d: got %r expected %r" % (
            path,
            i,
            a[max(0, i - 20) : i + 30],
            b[max(0, i - 20) : i + 30],
        )
    return "%s: %r != %r" % (path, str(a)[:80], str(b)[:80])


def readl(p):
    return [json.loads(l) for l in open(p, encoding="utf-8") if l.strip()]


def sub(o, m):
    if isinstance(o, str):
        for k, v in m.items():
            o = o.replace(k, v)
        return o
    if isinstance(o, list):
        return [sub(x, m) for x in o]
    if isinstance(o, dict):
        return {k: sub(v, m) for k, v in o.items()}
    return o


class Host:
    def __init__(s, a):
        s.a = a

    def run(s, work, records, process, config, esc):
        os.makedirs(work, exist_ok=True)
        i, o, c = work + "/in.jsonl", work + "/out/out.jsonl", work + "/recipe.yaml"
        os.makedirs(work + "/out", exist_ok=True)
        if records is not None:
            with open(i, "w", encoding="utf-8") as f:
                for r in records:
                    f.write(json.dumps(r, ensure_ascii=esc) + "\n")
        else:
            i = s.input
        cfg = {
            "project_name": "parity",
            "dataset_path": i,
            "export_path": o,
            "np": 1,
            "keep_stats_in_res_ds": True,
        }
        cfg.update(config or {})
        cfg["process"] = process
        extra = s.a.extra or ""
        with open(c, "w", encoding="utf-8") as f:
            f.write(
                yaml(cfg)[1:] + "".join(x.strip() + "\n" for x in extra.split(";") if x.strip())
            )
        cmd = s.a.cmd.replace("{config}", c).replace("{in}", i).replace("{out}", o)
        with open(work + "/log", "wb") as lg:
            try:
                rc = subprocess.run(
                    cmd, shell=True, stdout=lg, stderr=lg, cwd=work, timeout=s.a.timeout
                ).returncode
            except subprocess.TimeoutExpired:
                return "timeout", None, None
        out = readl(o) if os.path.exists(o) else None
        st = o[:-6] + "_stats.jsonl"
        return rc, out, (readl(st) if os.path.exists(st) else None)


def compare(case, rc, out, side, a):
    if case.get("fatal"):
        return None if rc != 0 else "expected the host to fail"
    if rc != 0:
        return "exit status %s" % rc
    exp = case["output"]
    if out is None:
        out = []
    if len(out) != len(exp):
        gi = [r.get("id") for r in out]
        ei = [r.get("id") for r in exp]
        return "%d records, expected %d; got ids %s expected %s" % (
            len(out),
            len(exp),
            str(gi)[:120],
            str(ei)[:120],
        )
    fs = case.get("stats")
    byid = {}
    if fs:
        byid = {r["id"]: s for r, s in zip(case["input"], fs) if s}
    for n, (g, e) in enumerate(zip(out, exp)):
        g = dict(g)
        e = dict(e)
        gs = g.pop(STATS, None)
        es = e.pop(STATS, None)
        r = same(g, e, "record %d" % n)
        if r:
            return r
        if a.no_stats:
            continue
        if fs:
            es = byid.get(e.get("id"))
        if es:
            if gs is None and side and n < len(side):
                gs = side[n].get(STATS, side[n])
            if gs is None:
                return "record %d: no stats exported" % n
            r = same({k: gs.get(k) for k in es}, es, "record %d stats" % n)
            if r:
                return r
    return None


PERREC = re.compile("_(filter|mapper)$")


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("--cmd", required=True)
    ap.add_argument("--dir", default=HERE)
    ap.add_argument("--resources", default=HERE + "/resources")
    ap.add_argument("--ops")
    ap.add_argument("--recipes", action="store_true")
    ap.add_argument("--only")
    ap.add_argument("--limit", type=int, default=0, help="cases per op")
    ap.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    ap.add_argument("--timeout", type=float, default=120)
    ap.add_argument(
        "--batch",
        action="store_true",
        help="one process for all cases of one op with equal parameters (filters and mappers)",
    )
    ap.add_argument("--no-stats", action="store_true")
    ap.add_argument("--errors", action="store_true")
    ap.add_argument("--rounding", action="store_true")
    ap.add_argument("--unicode", action="store_true")
    ap.add_argument("--models", action="store_true")
    ap.add_argument(
        "--extra",
        help="extra recipe lines, ';' separated, e.g. 'use_cache: false;open_monitor: false'",
    )
    ap.add_argument("--keep", help="keep the work directories of failures under this folder")
    ap.add_argument("-v", action="store_true")
    ap.add_argument("--max-show", type=int, default=5)
    a = ap.parse_args()
    host = Host(a)
    res = {"${RES}": os.path.abspath(a.resources)}
    if a.models:
        os.environ["DATA_JUICER_EXTERNAL_MODELS_HOME"] = os.path.abspath(a.resources) + "/models"
    tmp = tempfile.mkdtemp(prefix="parity")
    t0 = time.time()
    tot = [0, 0, 0]
    bad = []
    lock = threading.Lock()
    try:
        if a.recipes:
            return recipes(a, host, tmp, res)
        names = sorted(f[:-6] for f in os.listdir(a.dir + "/ops") if f.endswith(".jsonl"))
        if a.ops:
            names = [n for n in a.ops.split(",")]
        jobs = []
        per = {n: [0, 0, 0] for n in names}
        for n in names:
            cs = [json.loads(l) for l in open("%s/ops/%s.jsonl" % (a.dir, n), encoding="utf-8")]
            if a.limit:
                cs = cs[: a.limit]
            use = []
            for c in cs:
                if (
                    (("error" in c or "fatal" in c) and not a.errors)
                    or (c.get("rounding") and not a.rounding)
                    or (c.get("unicode_version") and not a.unicode)
                    or (c.get("needs") and not a.models)
                ):
                    per[n][2] += 1
                else:
                    use.append(c)
            if a.batch and PERREC.search(n) and n not in ("latex_figure_context_extractor_mapper",):
                g = {}
                for c in use:
                    k = json.dumps([c["params"], c.get("config")], sort_keys=True)
                    if (
                        "error" in c
                        or "fatal" in c
                        or any("id" not in r for r in c["input"])
                        or any(
                            isinstance(r.get("text"), type(None)) and "text" in r
                            for r in c["input"]
                        )
                    ):
                        k = c["case"]
                    g.setdefault(k, []).append(c)
                jobs += [(n, x) for x in g.values()]
            else:
                jobs += [(n, [c]) for c in use]

        def work(k, n, cs):
            w = "%s/%d" % (tmp, k)
            esc = hashlib.md5(cs[0]["case"].encode()).digest()[0] & 1 == 1
            if len(cs) == 1:
                recs = sub(cs[0]["input"], res)
            else:
                recs = [
                    {**r, "id": "%d:%s" % (i, r["id"])}
                    for i, c in enumerate(cs)
                    for r in sub(c["input"], res)
                ]
            rc, out, side = host.run(
                w,
                recs,
                (
                    sub(cs[0]["process"], res)
                    if "process" in cs[0]
                    else [{n: sub(cs[0]["params"], res) or None}]
                ),
                cs[0].get("config"),
                esc,
            )
            ret = []
            inv = {v: k2 for k2, v in res.items()}
            if out is not None:
                out = sub(out, inv)
            for i, c in enumerate(cs):
                o, sd = out, side
                if len(cs) > 1 and out is not None:
                    ix = [
                        j for j, r in enumerate(out) if str(r.get("id", "")).startswith("%d:" % i)
                    ]
                    o = [{**out[j], "id": out[j]["id"].split(":", 1)[1]} for j in ix]
                    sd = [side[j] for j in ix if j < len(side)] if side else None
                try:
                    e = compare(c, rc, o, sd, a)
                except Exception as ex:
                    e = "checker: %r" % ex
                ret.append((c, e))
            if a.keep and any(e for _, e in ret):
                shutil.copytree(w, "%s/%s-%d" % (a.keep, n, k), dirs_exist_ok=True)
            shutil.rmtree(w, ignore_errors=True)
            return n, ret

        with cf.ThreadPoolExecutor(a.jobs) as ex:
            for f in cf.as_completed([ex.submit(work, k, n, cs) for k, (n, cs) in enumerate(jobs)]):
                n, ret = f.result()
                for c, e in ret:
                    per[n][1 if e else 0] += 1
                    if e:
                        bad.append((n, c["case"], c.get("note", ""), e))
                    if a.v:
                        print("FAIL" if e else "ok  ", c["case"], e or "")
        shown = {}
        for n, cse, note, e in sorted(bad):
            shown[n] = shown.get(n, 0) + 1
            if shown[n] <= a.max_show:
                print("FAIL %s [%s] %s" % (cse, note[:60], e[:300]))
        for n in names:
            p = per[n]
            print("%-46s %4d passed %4d failed %4d skipped" % (n, *p))
            for i in range(3):
                tot[i] += p[i]
        print("%d skipped, %.1f s" % (tot[2], time.time() - t0))
        print("%d passed, %d failed" % (tot[0], tot[1]))
        return 1 if tot[1] else 0
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


def unz(p, dst):
    with open(p, "rb") as i, open(dst, "wb") as f:
        subprocess.run(["zstd", "-dc", "-q"], stdin=i, stdout=f, check=True)


def recipes(a, host, tmp, res):
    root = a.dir + "/recipes"
    inp = root + "/input.jsonl.zst"
    host.input = tmp + "/input.jsonl"
    unz(inp, host.input)
    ok = ko = 0
    for n in sorted(os.listdir(root)):
        d = root + "/" + n
        if not os.path.isdir(d) or a.only and n not in a.only.split(","):
            continue
        j = json.load(open(d + "/recipe.json", encoding="utf-8"))
        if j.get("needs") and not a.models:
            print("%-40s skipped (needs %s)" % (n, j["needs"]))
            continue
        if os.path.exists(d + "/expected.jsonl.zst"):
            unz(d + "/expected.jsonl.zst", tmp + "/e.jsonl")
            exp = readl(tmp + "/e.jsonl")
        else:
            exp = readl(d + "/expected.jsonl")
        t = time.time()
        rc, out, side = host.run(
            "%s/r_%s" % (tmp, n), None, sub(j["process"], res), {"text_keys": "text"}, False
        )
        why = []
        if rc != 0:
            why.append("exit status %s" % rc)
        else:
            out = out or []
            gi = [r["id"] for r in out]
            ei = [r["id"] for r in exp]
            gone = (
                {r["id"]: r for r in readl(d + "/removed.jsonl")}
                if os.path.exists(d + "/removed.jsonl")
                else {}
            )
            for i in sorted(set(ei) - set(gi))[:3]:
                why.append("missing %s" % i)
            for i in sorted(set(gi) - set(ei))[:3]:
                why.append("extra %s (removed by op %s)" % (i, gone.get(i, {}).get("op")))
            if not why and gi != ei:
                why.append("order differs")
            e = {r["id"]: r for r in exp}
            nt = ns = 0
            for k, g in enumerate(out):
                if g["id"] not in e:
                    continue
                x = e[g["id"]]
                if hashlib.sha256(g["text"].encode()).hexdigest() != x["sha256"]:
                    nt += 1
                    if nt <= 3:
                        why.append("text of %s differs" % g["id"])
                if not a.no_stats and x.get("stats"):
                    gs = (
                        g.get(STATS)
                        or (side[k].get(STATS) if side and k < len(side) else None)
                        or {}
                    )
                    r = same({q: gs.get(q) for q in x["stats"]}, x["stats"], g["id"])
                    if r:
                        ns += 1
                        if ns <= 3:
                            why.append("stats " + r)
            if nt or ns:
                why.append("%d texts, %d stats differ" % (nt, ns))
        print(
            "%-40s %s %d/%d records %.1f s"
            % (n, "FAIL" if why else "ok", len(out or []), len(exp), time.time() - t)
        )
        for w in why:
            print("     ", w)
        if why:
            ko += 1
        else:
            ok += 1
    print("%d passed, %d failed" % (ok, ko))
    return 1 if ko else 0


if __name__ == "__main__":
    sys.exit(main())
