/* ophost/abi.h: the whole contract between the ophost host and an operator plugin.
 *
 * Plain C11; needs only stddef.h and stdint.h. A plugin is a shared library that exports exactly one
 * symbol, the constant `oph_plugin_entry`. Everything else is reached through pointers from there.
 *
 * The law of this file (a test reads the offsets and fails when it is broken):
 *  - Append only. A growable struct begins with `struct_size`; a reader copies min(size, sizeof) bytes
 *    into a zeroed local. Never insert, reorder, retype or remove a member; a retired slot stays filled.
 *  - A growable struct is never embedded by value, never an array element, never returned by value.
 *    `oph_str` and `oph_column` are array elements and therefore frozen for the whole major version.
 *  - No allocation, no exception and no C++ type crosses. Inputs are borrowed until the call returns;
 *    outputs go into the host's buffers through `oph_out`; an object dies in the table that made it.
 *  - Every function that can fail returns an oph_status and, when it is not OPH_OK, has written a message
 *    into the caller's oph_error. A status without a message is reported as a fault of the plugin. With
 *    oph_error.row >= 0 the fault is that row's: the host sets it aside and calls again without it.
 *
 * Thread tags: [init] once per process or instance, never concurrent with other calls on the same
 * object; [worker] on a worker thread, one call at a time per instance unless OPH_P_CONCURRENT is
 * promised; [any-thread] at any time from any thread; [call] only during a call, on its thread.
 *
 * A plugin must not call exit, abort, fork, setlocale or chdir, must not write to stdout or stderr,
 * install signal handlers, change the floating point state or start threads. Statics are trivial: work
 * starts in `open`, which the host calls once per process before the first `create`.              */
#ifndef OPHOST_ABI_H
#define OPHOST_ABI_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined _WIN32 || defined __CYGWIN__
#  define OPH_EXPORT __declspec(dllexport)
#  define OPH_CALL   __cdecl
#else
#  define OPH_EXPORT __attribute__((visibility("default")))
#  define OPH_CALL
#endif

#define OPH_ABI_MAJOR 1u
/* The newest minor this header knows. A plugin that needs less says so by defining OPH_TARGET_MINOR
 * before the include: newer members are then compiled away, and older hosts accept it.            */
#define OPH_ABI_MINOR 0u
#ifndef OPH_TARGET_MINOR
#  define OPH_TARGET_MINOR OPH_ABI_MINOR
#endif
#define OPH_MAGIC 0x3148504fu /* the bytes "OPH1" */

typedef int32_t oph_status;
enum {
  OPH_OK = 0,
  OPH_E_CONFIG = 1,      /* a parameter or resource is unusable: the recipe must change          */
  OPH_E_INPUT = 2,       /* this record cannot be processed (usual code for row_error)           */
  OPH_E_IO = 3,          /* the operating system refused                                         */
  OPH_E_LIMIT = 4,       /* a declared bound was passed                                          */
  OPH_E_CANCELLED = 5,   /* host->cancelled() said so                                            */
  OPH_E_UNSUPPORTED = 6, /* a request this plugin does not know                                  */
  OPH_E_INTERNAL = 7     /* a defect of the plugin (the C++ wrapper maps exceptions to this)     */
};

/* Borrowed UTF-8 text, not NUL-terminated. Frozen. */
typedef struct oph_str {
  const char *data;
  uint64_t size;
} oph_str;

/* Caller-owned. The callee writes at most `capacity` bytes into `message` and terminates it with NUL. */
typedef struct oph_error {
  uint32_t struct_size;
  int32_t code;
  int64_t row; /* row of the batch, or -1 for the whole call */
  char *message;
  uint64_t capacity;
} oph_error;

/* ---- data: borrowed columns in Arrow's layout ---------------------------------------------------
 * Column types. JSON carries any value that is not a plain string or number as its JSON text.     */
enum {
  OPH_T_STR = 1,   /* valid UTF-8; offsets has rows+1 entries, values are the bytes               */
  OPH_T_BYTES = 2, /* as STR, any bytes (derived columns document their packing)                  */
  OPH_T_I64 = 3,   /* int64_t[rows]                                                               */
  OPH_T_F64 = 4,   /* double[rows]                                                                */
  OPH_T_BOOL8 = 5, /* uint8_t[rows], 0 or 1                                                       */
  OPH_T_U64X = 6,  /* uint64_t[rows * width]                                                      */
  OPH_T_JSON = 7   /* as STR: one JSON value per row                                              */
};

/* Frozen: never grows, it is an array element. */
typedef struct oph_column {
  int32_t type;
  uint32_t width;          /* values per row, OPH_T_U64X only, else 0                             */
  const uint8_t *validity; /* LSB bitmap, NULL = every row is valid; invalid = null or missing    */
  const int64_t *offsets;  /* rows+1 byte offsets for STR, BYTES and JSON, else NULL              */
  const void *values;
} oph_column;

/* Some consecutive records. `columns` stand in the order of the descriptor's `reads`; columns that
 * were not declared are absent. A row whose selection bit is 0 was dropped earlier: its cells are
 * unspecified (but safe to read) and nothing may be written for it.                               */
typedef struct oph_batch {
  uint32_t struct_size;
  uint32_t column_count;
  uint64_t rows;
  const oph_column *columns;
  const uint64_t *row_ids;  /* unique and stable in the run, ascending in input order; ties use them */
  const uint8_t *selection; /* LSB bitmap of live rows, NULL = all                                */
  uint64_t partition;       /* for messages only                                                  */
  uint64_t offset;          /* ordinal of row 0 within its partition, for messages only           */
} oph_batch;

/* Where a call puts its results. Columns are numbered in the order of the descriptor's `writes`.
 * For every live row, in ascending order, and for every wanted column a STR, BYTES or JSON output gets exactly
 * one `append` or `keep_input`, unless the row got a `row_error`: a row with an error has no output, and
 * giving it both is a fault the host reports. Fixed-width outputs are filled in place.            */
typedef struct oph_out {
  uint32_t struct_size;
  uint32_t reserved;
  void *ctx;
  /* Array for a fixed-width column, zeroed, or NULL when the host does not want that column.
     `width` is 1 except for U64X. Valid until the call returns. [call] */
  void *(OPH_CALL *fixed)(void *ctx, uint32_t col, uint32_t width);
  /* The new value of (row, col). The host copies the n bytes. [call] */
  oph_status(OPH_CALL *append)(void *ctx, uint32_t col, uint64_t row, const void *p, uint64_t n);
  /* (row, col) keeps the value it had: no copy, and checkpoints store nothing for it. Only for a
     column that the operator reads and writes under the same path. [call] */
  oph_status(OPH_CALL *keep_input)(void *ctx, uint32_t col, uint64_t row);
  /* FLATMAP and GROUP: begins an output record made from `source_row`, whose other fields it keeps; the
     following `append`s with that row belong to it. [call] */
  oph_status(OPH_CALL *next_row)(void *ctx, uint64_t source_row);
  /* This row cannot be processed; the call goes on. The recipe's on_error policy decides. [call] */
  void(OPH_CALL *row_error)(void *ctx, uint64_t row, int32_t code, oph_str message);
  /* Nonzero when the host wants column `col` (for a column that costs much to write). [call] */
  int32_t(OPH_CALL *wanted)(void *ctx, uint32_t col);
} oph_out;

/* ---- the host as the plugin sees it ----------------------------------------------------------- */
enum { OPH_LOG_DEBUG = 1, OPH_LOG_INFO = 2, OPH_LOG_WARN = 3, OPH_LOG_ERROR = 4 };

typedef struct oph_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  void *ctx;
  oph_str name;    /* "ophost"      */
  oph_str version; /* "1.0.0"       */
  void(OPH_CALL *log)(void *ctx, int32_t level, oph_str message); /* [any-thread] */
  /* Nonzero when the run is to stop. Poll it at least every 100 ms of work. [any-thread] */
  int32_t(OPH_CALL *cancelled)(void *ctx);
  /* Memory that is freed when the current call returns; NULL when there is none left. [call] */
  void *(OPH_CALL *scratch)(void *ctx, uint64_t bytes, uint64_t align);
  /* Absolute path of a file or folder (a model, a word list) that the host looks up by `name` on its resource
     paths; an absolute `name` stands for itself. Only inside `create`. The digest of what was
     found enters the fingerprint, so a changed model invalidates what it made. The path lives as
     long as the instance. Not found: OPH_E_CONFIG, `path` holds a sentence naming where it looked. [init] */
  oph_status(OPH_CALL *resource)(void *ctx, oph_str name, oph_str *path);
  /* A table of the host by its id ("oph.threads/1"), or NULL. [any-thread] */
  const void *(OPH_CALL *get_extension)(void *ctx, const char *id);
} oph_host;

/* ---- operators --------------------------------------------------------------------------------- */
enum {
  OPH_KIND_MAP = 1,       /* oph_map_api: 1 record in, 1 record out                                */
  OPH_KIND_FLATMAP = 2,   /* oph_map_api with next_row: 1 in, N out                                */
  OPH_KIND_FILTER = 3,    /* oph_filter_api                                                        */
  OPH_KIND_DERIVE = 4,    /* oph_map_api: a column shared by the operators of a pass, never stored */
  OPH_KIND_DEDUP = 5,     /* oph_dedup_api                                                         */
  OPH_KIND_SELECT = 6,    /* oph_select_api                                                        */
  OPH_KIND_AGGREGATE = 7, /* oph_aggregate_api                                                     */
  OPH_KIND_GROUP = 8,     /* oph_group_api                                                         */
  OPH_KIND_OBSERVER = 9   /* oph_observer_api                                                      */
};

/* Promises. The host fuses, parallelises and caches only on these; `ophost check` tries to break each. */
enum {
  OPH_P_DETERMINISTIC = 1 << 0, /* same input and parameters, same bytes, in every process and locale */
  OPH_P_ROW_LOCAL = 1 << 1,     /* a row's result depends on that row alone                          */
  OPH_P_ORDER_FREE = 1 << 2,    /* the order of rows does not matter                                 */
  OPH_P_CONCURRENT = 1 << 3,    /* one instance may be called from many threads at once              */
  OPH_P_IDEMPOTENT = 1 << 4,    /* applied twice gives what applied once gives                       */
  OPH_P_READS_FILES = 1 << 5,   /* reads files other than its resources                              */
  OPH_P_NETWORK = 1 << 6        /* talks to the network                                              */
};

typedef struct oph_op oph_op; /* an instance; plugin-owned, opaque to the host */

/* Static for the life of the process.
 *
 * A column in `reads` and `writes` is "path" or "path:type" with type one of str, bytes, i64, f64,
 * bool, json, u64x (default: str). Paths are dotted field names ("meta.language"); those with a $ are
 *   $text_key   the text field: the operator's text_key parameter, else the recipe's text_keys
 *   ${param}    the value of that string parameter, e.g. ${field_key}; it may stand inside a path
 *   ${param?a:b}  a or b, as that boolean parameter is true or false; it too may stand inside a path
 *   $record     the whole record as JSON text (type json); writing it replaces the record
 *   $keys       a deduplicator's keys (type u64x), always its first written column
 * Statistics are written as "__dj__stats__.NAME", metadata as "__dj__meta__.NAME"; NAME is one key, dots and all.
 * A json column holds the value's JSON text, `null` where the record has null; an absent member is not valid. */
typedef struct oph_op_desc {
  uint32_t struct_size;
  int32_t kind;
  const char *name;          /* the recipe's name, "words_num_filter"                              */
  uint32_t semantics;        /* raise it when the output for the same input changes                */
  uint32_t state_encver;     /* raise it when saved state changes shape                            */
  uint64_t promises;         /* OPH_P_*                                                            */
  const char *params_schema; /* JSON Schema (object). Beside type, default, minimum, maximum, enum, description: "x-decides": true
                                for a filter's parameter that changes the decision but not the statistic,
                                "x-fingerprint": false for one that cannot change any result           */
  const char *const *reads;   /* NULL-terminated; NULL = none                                      */
  const char *const *writes;  /* NULL-terminated; NULL = none                                      */
  const char *const *derives; /* NULL-terminated derived columns that are appended to `reads`; NULL = none */
  const char *summary;        /* one sentence                                                      */
  const struct oph_common_api *common;
  const void *vtable;         /* the table of `kind`                                               */
  const char *const *aliases; /* NULL-terminated other names; NULL = none                          */
  const char *cost;           /* "cheap", "medium" or "expensive": a hint for plans, measured later */
  const char *example;        /* YAML of a `process` entry, or NULL                                */
} oph_op_desc;

typedef struct oph_common_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* `params` is one canonical JSON object: validated against the schema, defaults filled in, keys
     sorted, no white space between tokens. The host table stays valid until `destroy` returns (the one that
     `open` gets: until `close` returns). NULL on failure, with the error filled in. [init] */
  oph_op *(OPH_CALL *create)(const oph_host *, const oph_op_desc *, oph_str params, oph_error *);
  void(OPH_CALL *destroy)(oph_op *); /* never fails [init] */
  const void *(OPH_CALL *get_extension)(oph_op *, const char *id); /* may be NULL [any-thread] */
} oph_common_api;

/* MAP, FLATMAP, DERIVE. */
typedef struct oph_map_api {
  uint32_t struct_size;
  uint32_t reserved;
  oph_status(OPH_CALL *process)(oph_op *, const oph_batch *, const oph_out *, oph_error *); /* [worker] */
} oph_map_api;

/* FILTER: the statistic and the decision apart, so that a moved threshold recomputes no statistic. */
typedef struct oph_filter_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Writes the stats columns from the columns it reads. NULL when the filter has no statistic. [worker] */
  oph_status(OPH_CALL *stats)(oph_op *, const oph_batch *, const oph_out *, oph_error *);
  /* `stats` holds the columns of `writes` (or of `reads` when it writes none); set bit r of
     `keep_bits`, zeroed by the host, to keep row r. [worker] */
  oph_status(OPH_CALL *keep)(oph_op *, const oph_batch *stats, uint8_t *keep_bits, oph_error *);
} oph_filter_api;

/* DEDUP: output column 0 ($keys, u64x) holds width = 2 * K values per row: K keys of 128 bits each, as (high,
 * low). Two records with an equal i-th key are linked; of every connected component the first record
 * in input order stays, or the one `rank` puts first. Further output columns are hashes for the record
 * (keep_hashes_in_res_ds), asked for through `wanted`.                                            */
typedef void(OPH_CALL *oph_link_fn)(void *ctx, uint64_t i, uint64_t j); /* [call], of near_keys */
typedef struct oph_dedup_api {
  uint32_t struct_size;
  uint32_t reserved;
  oph_status(OPH_CALL *keys)(oph_op *, const oph_batch *, const oph_out *, oph_error *); /* [worker] */
  /* Optional. rank[r] for every row: the lowest rank of a component stays, ties by row id. [worker] */
  oph_status(OPH_CALL *rank)(oph_op *, const oph_batch *, int64_t *rank, oph_error *);
  /* Optional, for K = 1: keys that are not equal but near each other. Called once, when the keys of all records are
     known: `keys` holds `count` distinct keys as (high, low), ascending; link(ctx, i, j) links the records of
     the keys i and j. Poll host->cancelled. [worker] */
  oph_status(OPH_CALL *near_keys)(oph_op *, const uint64_t *keys, uint64_t count, oph_link_fn link, void *ctx,
                                  oph_error *);
} oph_dedup_api;

typedef struct oph_state oph_state; /* a mergeable state; plugin-owned, opaque to the host */
typedef oph_status(OPH_CALL *oph_write_fn)(void *ctx, const void *p, uint64_t n);

/* AGGREGATE, and pass one of SELECT. States merge in input order, so order may matter to them. */
typedef struct oph_aggregate_api {
  uint32_t struct_size;
  uint32_t reserved;
  oph_state *(OPH_CALL *state_new)(oph_op *, oph_error *);   /* [worker] */
  void(OPH_CALL *state_free)(oph_op *, oph_state *);         /* [worker] */
  oph_status(OPH_CALL *update)(oph_op *, oph_state *, const oph_batch *, oph_error *); /* [worker] */
  oph_status(OPH_CALL *merge)(oph_op *, oph_state *into, const oph_state *from, oph_error *);
  oph_status(OPH_CALL *save)(oph_op *, const oph_state *, oph_write_fn, void *ctx, oph_error *);
  oph_status(OPH_CALL *load)(oph_op *, oph_state *, const void *p, uint64_t n, uint32_t encver, oph_error *);
  /* Writes the result: for AGGREGATE one record through `append` to row 0 of text columns, without
     next_row; for SELECT the decision bytes as column 0 of row 0. [worker] */
  oph_status(OPH_CALL *finish)(oph_op *, oph_state *, const oph_out *, oph_error *);
} oph_aggregate_api;

/* SELECT: collect a state per partition, merge, decide; then apply, or rewrite, or both, row by row. */
typedef struct oph_select_api {
  uint32_t struct_size;
  uint32_t reserved;
  const oph_aggregate_api *summary; /* update() sees the columns of `reads` */
  /* Position of every row in the result: order[r] < 0 drops the row; otherwise rows leave in
     ascending order[r], ties by row id. NULL: every row stays where it is. [worker] */
  oph_status(OPH_CALL *apply)(oph_op *, oph_str decision, const oph_batch *, int64_t *order, oph_error *);
  /* Writes the columns of `writes`, now that the decision is known (the lines that are too frequent, say);
     runs before `apply`. NULL when the operator writes nothing. [worker] */
  oph_status(OPH_CALL *rewrite)(oph_op *, oph_str decision, const oph_batch *, const oph_out *, oph_error *);
  /* How many records leave in all: when there are fewer, the order begins anew as often as it takes, so that records
     are repeated. NULL, or a number not greater than there are: every one that stays leaves once. [worker] */
  uint64_t(OPH_CALL *total)(oph_op *, oph_str decision);
} oph_select_api;

/* GROUP: rows with equal key bytes become one batch, in input order; `emit` writes records for it. */
typedef struct oph_group_api {
  uint32_t struct_size;
  uint32_t reserved;
  oph_status(OPH_CALL *keys)(oph_op *, const oph_batch *, const oph_out *, oph_error *);       /* col 0: bytes */
  oph_status(OPH_CALL *emit)(oph_op *, const oph_batch *group, const oph_out *, oph_error *); /* [worker] */
} oph_group_api;

/* OBSERVER: sees events (one JSON object each) on a thread of its own; can change nothing. */
typedef struct oph_observer_api {
  uint32_t struct_size;
  uint32_t reserved;
  oph_status(OPH_CALL *on_events)(oph_op *, const oph_str *events, uint64_t n, oph_error *);
  oph_status(OPH_CALL *flush)(oph_op *, uint64_t deadline_ms, oph_error *);
} oph_observer_api;

/* ---- the one exported symbol -------------------------------------------------------------------
 * The first 16 bytes are frozen for ever; the host reads them before it trusts anything else. It
 * accepts abi_major == its own and abi_minor <= its own, and refuses the rest with a sentence.    */
typedef struct oph_plugin {
  uint32_t magic;
  uint16_t abi_major;
  uint16_t abi_minor; /* the lowest minor this plugin needs */
  uint32_t struct_size;
  uint32_t op_count;
  const char *id;      /* "org.example.text-basic" */
  const char *version; /* SemVer; part of every fingerprint of its operators */
  const oph_op_desc *const *ops;
  oph_status(OPH_CALL *open)(const oph_host *, oph_error *); /* may be NULL [init] */
  void(OPH_CALL *close)(void);                               /* may be NULL [init] */
  const void *(OPH_CALL *get_extension)(const char *id);     /* may be NULL [any-thread] */
} oph_plugin;

#define OPH_ENTRY_SYMBOL "oph_plugin_entry"
OPH_EXPORT extern const oph_plugin oph_plugin_entry; /* define it in one file of the plugin */

#ifdef __cplusplus
}
#endif
#endif
