/* One line of the layout: a struct (member "") or one of its members. */
#pragma once
#include "ophost/abi.h"

struct layout_entry {
  const char *type;
  const char *member;
  size_t offset;
  size_t size;
};

#ifdef __cplusplus
extern "C"
#endif
const struct layout_entry *c_layout(size_t *count);
