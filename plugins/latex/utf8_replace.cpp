// Decoding with replacement. See utf8_replace.hpp.
#include "plugins/latex/utf8_replace.hpp"

namespace ophost::latex {
namespace {

struct Prefix {
  std::size_t bytes;
  bool whole;  // a character; otherwise the beginning of one, or a byte that begins none
};

Prefix read_prefix(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte is narrowed by the first: no overlong forms, surrogates or values too large.
  unsigned char low = 0x80, high = 0xBF;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  std::size_t n = 1;
  for (; n < length && n < s.size() && byte(n) >= low && byte(n) <= high; ++n) {
    low = 0x80;
    high = 0xBF;
  }
  return {n, n == length};
}

}  // namespace

void append_replaced(std::string_view bytes, std::string& out) {
  out.reserve(out.size() + bytes.size());
  while (!bytes.empty()) {
    const Prefix p = read_prefix(bytes);
    if (p.whole) {
      out.append(bytes.substr(0, p.bytes));
    } else {
      out.append("\xEF\xBF\xBD");
    }
    bytes.remove_prefix(p.bytes);
  }
}

}  // namespace ophost::latex
