/* What libophost_hf_tokenizer.so offers to the plugins beside it: one table, exported as `ophost_hf_tokenizer`.
 * plugins/hf-tokenizer/crate/src/lib.rs has the same table in Rust. Owner: plugins/hf-tokenizer. All functions may be called from any thread;
 * a tokenizer may be used by many at once. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OPHOST_HF_TOKENIZER_VERSION 1
#define OPHOST_HF_TOKENIZER_SYMBOL "ophost_hf_tokenizer"

typedef struct ophost_hf_model ophost_hf_model;

typedef struct ophost_hf_api {
  uint32_t version; /* OPHOST_HF_TOKENIZER_VERSION */
  /* The tokenizer in the tokenizer.json at `path` (ending in NUL), without its truncation and padding; loaded once
     per process however often it is opened. NULL on failure; then `error` (of `error_size` bytes) holds the reason,
     ending in NUL. Given back with close(). */
  ophost_hf_model *(*open)(const char *path, char *error, size_t error_size);
  void (*close)(ophost_hf_model *model);
  /* Calls `take` once with the token ids of the `size` bytes of UTF-8 at `text`; with `specials` nonzero, those that
     the tokenizer puts around every text are among them. 0, or -1 with `error` filled. */
  int (*encode)(const ophost_hf_model *model, const char *text, size_t size, int specials,
                void (*take)(void *ctx, const uint32_t *ids, size_t count), void *ctx, char *error, size_t error_size);
  /* Calls `take` once with the text of `count` ids, special tokens included. 0, or -1 with `error` filled. */
  int (*decode)(const ophost_hf_model *model, const uint32_t *ids, size_t count,
                void (*take)(void *ctx, const char *text, size_t size), void *ctx, char *error, size_t error_size);
} ophost_hf_api;

#ifdef __cplusplus
}
#endif
