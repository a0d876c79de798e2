// The law of abi.h: append only. Offsets and sizes are compared with those of the released
// minor 1.0, which are checked in as offsets_1_0.txt; that file is never edited once 1.0 is out.
#include "layout.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

const std::vector<layout_entry> kCxx = {
#define S(type) {#type, "", 0, sizeof(type)},
#define M(type, member) {#type, #member, offsetof(type, member), sizeof(((type*)nullptr)->member)},
#include "layout.inc"
};

std::string line(const layout_entry& e) {
  std::ostringstream s;
  if (*e.member == '\0')
    s << "struct " << e.type << " size " << e.size;
  else
    s << "  " << e.member << " at " << e.offset << " size " << e.size;
  return s.str();
}

std::vector<std::string> file_lines(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << path;
  std::vector<std::string> lines;
  for (std::string l; std::getline(in, l);) lines.push_back(l);
  return lines;
}

TEST(AbiLayout, IsTheReleasedOne) {
  std::vector<std::string> now;
  for (const layout_entry& e : kCxx) now.push_back(line(e));
  std::string text;
  for (const std::string& l : now) text += l + "\n";
  EXPECT_EQ(now, file_lines(OPHOST_SOURCE_DIR "/tests/abi/offsets_1_0.txt"))
      << "the layout of abi.h changed; it now is:\n"
      << text;
}

TEST(AbiLayout, IsTheSameInC) {
  size_t count = 0;
  const layout_entry* c = c_layout(&count);
  ASSERT_EQ(count, kCxx.size());
  for (size_t i = 0; i < count; ++i) EXPECT_EQ(line(c[i]), line(kCxx[i])) << c[i].type;
}

// A member that is missing from layout.inc would leave a hole (or a tail) that nobody covers.
TEST(AbiLayout, IsListedWithoutHoles) {
  std::map<std::string, size_t> covered, size;
  for (const layout_entry& e : kCxx) {
    if (*e.member == '\0')
      size[e.type] = e.size;
    else
      EXPECT_EQ(covered[e.type], e.offset) << e.type << "." << e.member;
    if (*e.member != '\0') covered[e.type] = e.offset + e.size;
  }
  EXPECT_EQ(covered, size);
}

TEST(AbiLayout, GrowableStructsBeginWithTheirSize) {
  for (const layout_entry& e : kCxx) {
    const std::string type = e.type;
    if (std::string(e.member) != "struct_size" || type == "oph_plugin") continue;
    EXPECT_EQ(e.offset, 0u) << type;
  }
  EXPECT_EQ(offsetof(oph_plugin, struct_size), 8u) << "the frozen head of 16 bytes";
  EXPECT_EQ(offsetof(oph_plugin, id), 16u) << "the frozen head of 16 bytes";
}

TEST(AbiHeader, StaysSmallEnoughToRead) {
  EXPECT_LE(file_lines(OPHOST_SOURCE_DIR "/sdk/include/ophost/abi.h").size(), 400u);
}

}  // namespace
