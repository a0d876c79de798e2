"""What every event log must look like: a small checker for docs/events.schema.json, and the grammar of a run."""
import json

import ophost_test as t

SCHEMA = json.loads((t.SOURCE / "docs" / "events.schema.json").read_text())

_TYPES = {"object": dict, "string": str, "boolean": bool}


def faults(value, schema, where="event"):
    """Everything in which `value` is not as the schema says. Knows the words that the schema uses, and no others."""
    unknown = set(schema) - {"$schema", "title", "description", "type", "enum", "const", "minimum", "properties", "required",
                             "additionalProperties", "allOf", "if", "then"}
    if unknown:
        raise ValueError(f"the checker does not know {unknown}")
    out = []
    wanted = schema.get("type")
    if wanted == "integer":
        if not isinstance(value, int) or isinstance(value, bool):
            out.append(f"{where}: {value!r} is no integer")
    elif wanted == "number":
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value != value:
            out.append(f"{where}: {value!r} is no number")
    elif wanted and not isinstance(value, _TYPES[wanted]):
        out.append(f"{where}: {value!r} is no {wanted}")
    if out:
        return out
    if "enum" in schema and value not in schema["enum"]:
        out.append(f"{where}: {value!r} is none of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        out.append(f"{where}: {value!r} is not {schema['const']!r}")
    if "minimum" in schema and value < schema["minimum"]:
        out.append(f"{where}: {value!r} is less than {schema['minimum']}")
    for key in schema.get("required", []):
        if key not in value:
            out.append(f"{where}: has no {key}")
    known = schema.get("properties", {})
    for key, rule in known.items():
        if key in value:
            out += faults(value[key], rule, f"{where}.{key}")
    if schema.get("additionalProperties") is False:
        out += [f"{where}: {key} is not in the schema" for key in value if key not in known]
    for rule in schema.get("allOf", []):
        if not faults(value, rule["if"]):
            out += faults(value, rule["then"], where)
    return out


def check_lines(case, run, job_id):
    """The events of one run: each as the schema says, numbered without a gap, in the order of time."""
    for n, e in enumerate(run):
        case.assertEqual(faults(e, SCHEMA), [], e)
        case.assertEqual(e["seq"], n + 1)
        case.assertEqual(e["job_id"], job_id)
        case.assertEqual(e["run_attempt"], run[0]["run_attempt"])
        if n:
            case.assertGreaterEqual(e["timestamp"], run[n - 1]["timestamp"])


ENDS = {"completed": "job_complete", "failed": "job_failed", "stopped": "job_stopped"}


def check_grammar(case, run, end, restarted=False):
    """job_start [job_restart] dag_build_start (dag_build_complete …) (processing_start …) end; `end` is a key of ENDS or
    "killed", which has none. Inside, operators and partitions open and close."""
    types = [e["event_type"] for e in run]
    case.assertEqual(types[0], "job_start")
    case.assertEqual(types.count("job_start"), 1)
    case.assertEqual(types.count("job_restart"), int(restarted), types[:3])
    if restarted:
        case.assertEqual(types[1], "job_restart")
    closing = [x for x in types if x in ENDS.values()]
    case.assertEqual(closing, [ENDS[end]] if end in ENDS else [])
    if closing:
        case.assertEqual(types[-1], closing[0])
    order = [x for x in types if x in ("dag_build_start", "dag_build_complete", "dag_execution_plan_saved", "processing_start",
                                       "processing_complete", "processing_error")]
    whole = ["dag_build_start", "dag_build_complete", "dag_execution_plan_saved", "processing_start"]
    if end == "completed":
        case.assertIn(order, (whole, whole + ["processing_complete"]))  # all there already, or something done
    elif end == "failed":
        case.assertIn(order, (order[:1], whole + ["processing_error"], whole + ["processing_complete"]))
    else:
        case.assertEqual(order, (whole + ["processing_complete"])[:len(order)])
    if end == "stopped":
        case.assertIn("job_stop_requested", types)
        case.assertEqual(types.count("job_stop_requested"), 1)

    begun = {}  # partition -> operators begun in its task and not done
    complete, created, groups, decisions = set(), set(), [], set()
    for e in run:
        kind, p, op = e["event_type"], e.get("partition_id"), e.get("operation_idx")
        if kind == "partition_creation_complete":
            case.assertNotIn(p, created)
            created.add(p)
        elif kind == "dag_parallel_group_start":
            case.assertEqual(groups, [], "a pass began before the one before was done")
            groups.append(e["pass"])
        elif kind == "dag_parallel_group_complete":
            case.assertEqual(groups.pop(), e["pass"])
            case.assertEqual({q: ops for q, ops in begun.items() if ops}, {}, "operators without an end")
        elif kind == "partition_start":
            case.assertIn(p, created)
            case.assertNotIn(p, complete)
            case.assertTrue(groups or e.get("reused"), e)
            begun[p] = set()
        elif kind == "checkpoint_load":
            case.assertEqual(begun[p], set(), "a checkpoint was loaded after operators had begun")
        elif kind == "op_start" and p is None:
            case.assertEqual(groups, [], "a decision over the whole data set was begun inside a pass")
            decisions.add(op)
        elif kind == "op_start":
            case.assertNotIn(op, begun[p])
            begun[p].add(op)
        elif kind in ("op_complete", "op_failed") and p is None:
            decisions.remove(op)
        elif kind in ("op_complete", "op_failed"):
            begun[p].remove(op)
        elif kind == "checkpoint_save":
            case.assertNotIn(op, begun[p], "a checkpoint behind an operator that is not done")
        elif kind == "partition_complete":
            case.assertEqual(begun[p], set())
            complete.add(p)
        elif kind == "partition_failed":
            begun[p] = set()
    if end == "completed":
        case.assertEqual(complete, created)
        case.assertEqual(groups, [])
        case.assertEqual(decisions, set())
        case.assertEqual(len(created), run[-1]["total_partitions"])
    if end == "failed" and "processing_error" in types:
        case.assertTrue({"partition_failed", "op_failed"} & set(types))
