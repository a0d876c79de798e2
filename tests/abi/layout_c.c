/* The layout of abi.h as a C compiler sees it; layout_test.cpp compares it with C++'s and with the golden file. */
#include "layout.h"

static const struct layout_entry entries[] = {
#define S(type) {#type, "", 0, sizeof(type)},
#define M(type, member) {#type, #member, offsetof(type, member), sizeof(((type *)0)->member)},
#include "layout.inc"
};

const struct layout_entry *c_layout(size_t *count) {
  *count = sizeof entries / sizeof entries[0];
  return entries;
}
