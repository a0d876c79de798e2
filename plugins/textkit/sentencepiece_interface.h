/* What libophost_sentencepiece.so offers to the plugins beside it: one table, exported as `ophost_sentencepiece`.
 * Owner: plugins/sentencepiece. All functions may be called from any thread; a model may be used by many at once. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OPHOST_SENTENCEPIECE_VERSION 1
#define OPHOST_SENTENCEPIECE_SYMBOL "ophost_sentencepiece"

typedef struct ophost_sp_model ophost_sp_model;
typedef void (*ophost_sp_piece_fn)(void *ctx, const char *piece, size_t size);

typedef struct ophost_sp_api {
  uint32_t version; /* OPHOST_SENTENCEPIECE_VERSION */
  /* The model in the file `path`, loaded once per process however often it is opened. NULL on failure; then `error`
     (of `error_size` bytes) holds the reason, ending in NUL. Given back with close(). */
  ophost_sp_model *(*open)(const char *path, char *error, size_t error_size);
  void (*close)(ophost_sp_model *model);
  /* Calls `piece` with every piece of the `size` bytes of UTF-8 at `text`, in order. 0, or -1 with `error` filled. */
  int (*encode)(const ophost_sp_model *model, const char *text, size_t size, ophost_sp_piece_fn piece, void *ctx,
                char *error, size_t error_size);
} ophost_sp_api;

#ifdef __cplusplus
}
#endif
