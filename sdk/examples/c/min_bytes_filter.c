/* An operator in plain C, one file, no help: a filter that keeps records whose text has at least
 * `min_bytes` bytes.
 *
 * It shows what the C++ wrapper does for you: the descriptor, creating an instance from canonical
 * JSON, the loop over live rows, and a statistic apart from the decision, so that a moved `min_bytes`
 * recomputes nothing. Threads: an instance is never written to after create, hence OPH_P_CONCURRENT. */
#include "ophost/abi.h"

#include <stdlib.h>
#include <string.h>

struct oph_op {
  int64_t min_bytes;
};

static int bit(const uint8_t* bits, uint64_t i) {
  return bits == NULL || ((bits[i >> 3] >> (i & 7)) & 1);
}

static oph_status fail(oph_error* error, oph_status code, const char* text) {
  if (error != NULL) {
    error->code = code;
    error->row = -1;
    if (error->message != NULL && error->capacity > 0) {
      strncpy(error->message, text, (size_t)error->capacity - 1);
      error->message[error->capacity - 1] = '\0';
    }
  }
  return code;
}

/* The host has checked the parameters against the schema below and filled the default in, so the
 * text is
 * {"min_bytes":N} with a whole N >= 0; a plugin with more parameters would use a JSON parser here.
 */
static oph_op* OPH_CALL create(const oph_host* host, const oph_op_desc* desc, oph_str params,
                               oph_error* error) {
  static const char key[] = "{\"min_bytes\":";
  char digits[32] = "";
  oph_op* op;
  (void)host;
  (void)desc;
  if (params.size <= sizeof key || params.size - sizeof key >= sizeof digits ||
      memcmp(params.data, key, sizeof key - 1) != 0) {
    fail(error, OPH_E_CONFIG, "min_bytes: expected a whole number of at most 30 digits");
    return NULL;
  }
  memcpy(digits, params.data + sizeof key - 1, (size_t)params.size - sizeof key);
  op = malloc(sizeof *op);
  if (op == NULL) {
    fail(error, OPH_E_LIMIT, "out of memory");
    return NULL;
  }
  op->min_bytes = strtoll(digits, NULL, 10);
  return op;
}

static void OPH_CALL destroy(oph_op* op) {
  free(op);
}

/* Column 0 of the batch is the text, column 0 of the output the statistic: the order of reads and
 * writes. */
static oph_status OPH_CALL stats(oph_op* op, const oph_batch* in, const oph_out* out,
                                 oph_error* error) {
  static const char null_text[] = "the text is null or missing";
  const oph_column* text = &in->columns[0];
  int64_t* bytes = out->fixed(out->ctx, 0, 1);
  uint64_t r;
  (void)op;
  (void)error;
  if (bytes == NULL) return OPH_OK; /* nobody wants the statistic */
  for (r = 0; r < in->rows; ++r) {
    if (!bit(in->selection, r)) continue; /* dropped earlier: write nothing */
    if (!bit(text->validity, r)) {
      oph_str message = {null_text, sizeof null_text - 1};
      out->row_error(out->ctx, r, OPH_E_INPUT, message); /* this record only; the call goes on */
      continue;
    }
    bytes[r] = text->offsets[r + 1] - text->offsets[r];
  }
  return OPH_OK;
}

static oph_status OPH_CALL keep(oph_op* op, const oph_batch* in, uint8_t* keep_bits,
                                oph_error* error) {
  const int64_t* bytes = in->columns[0].values;
  uint64_t r;
  (void)error;
  for (r = 0; r < in->rows; ++r) {
    if (bit(in->selection, r) && bit(in->columns[0].validity, r) && bytes[r] >= op->min_bytes) {
      keep_bits[r >> 3] |= (uint8_t)(1u << (r & 7));
    }
  }
  return OPH_OK;
}

static const oph_common_api common = {sizeof(oph_common_api), 0, create, destroy, NULL};
static const oph_filter_api filter = {sizeof(oph_filter_api), 0, stats, keep};
static const char* const reads[] = {"$text_key", NULL};
static const char* const writes[] = {"__dj__stats__.num_bytes:i64", NULL};

static const oph_op_desc min_bytes_filter = {
    sizeof(oph_op_desc),
    OPH_KIND_FILTER,
    "example_min_bytes_filter",
    1, /* semantics */
    1, /* state_encver */
    OPH_P_DETERMINISTIC | OPH_P_ROW_LOCAL | OPH_P_ORDER_FREE | OPH_P_CONCURRENT,
    "{\"type\":\"object\",\"properties\":{\"min_bytes\":{\"type\":\"integer\",\"default\":10,"
    "\"minimum\":0,"
    "\"maximum\":1000000000000,\"x-decides\":true,\"description\":\"Fewest bytes of UTF-8 to "
    "keep.\"}}}",
    reads,
    writes,
    NULL, /* derives */
    "Keeps records whose text has at least so many bytes.",
    &common,
    &filter,
    NULL, /* aliases */
    "cheap",
    "example_min_bytes_filter:\n  min_bytes: 10\n"};

static const oph_op_desc* const ops[] = {&min_bytes_filter};

const oph_plugin oph_plugin_entry = {OPH_MAGIC,
                                     OPH_ABI_MAJOR,
                                     OPH_TARGET_MINOR,
                                     sizeof(oph_plugin),
                                     sizeof ops / sizeof ops[0],
                                     "org.example.min-bytes",
                                     "1.0.0",
                                     ops,
                                     NULL,
                                     NULL,
                                     NULL};
