// The body of json_strings.cpp, compiled once per instruction set: OPH_TARGET is the function attribute, OPH_BLOCK
// the block type. No include guard on purpose.

OPH_TARGET End skip_string(const char* p, const char* end, const char* readable_end) {
  while (p < end) {
    std::uint32_t mask = OPH_BLOCK(p, readable_end).special();
    if (mask == 0) {
      p += OPH_BLOCK::kSize;
      continue;
    }
    p += std::countr_zero(mask);
    if (p >= end) break;
    if (*p == '"') return {p + 1};
    if (*p != '\\') return {p, kControl};
    const char* bad = check_escape(p, end);
    if (bad) return {bad, bad >= end ? kUnterminated : kBadEscape};
    p += p[1] == 'u' ? 6 : 2;
  }
  return {end, kUnterminated};
}

OPH_TARGET End unescape_string(const char* p, const char* end, const char* readable_end,
                               std::string& arena, std::size_t& pos, const char*& lone_surrogate) {
  while (p < end) {
    if (arena.size() - pos < OPH_BLOCK::kSize) grow(arena, static_cast<std::size_t>(end - p));
    OPH_BLOCK block(p, readable_end);
    block.store(arena.data() + pos);
    std::uint32_t mask = block.special();
    if (mask == 0) {
      p += OPH_BLOCK::kSize;
      pos += OPH_BLOCK::kSize;
      continue;
    }
    p += std::countr_zero(mask);
    pos += static_cast<std::size_t>(std::countr_zero(mask));
    if (p >= end) break;
    if (*p == '"') return {p + 1};
    if (*p != '\\') return {p, kControl};
    const char* bad = check_escape(p, end);
    if (bad) return {bad, bad >= end ? kUnterminated : kBadEscape};
    // Up to 4 bytes; there is room: what the block put behind pos is overwritten.
    if (arena.size() - pos < 4) grow(arena, static_cast<std::size_t>(end - p));
    if (p[1] != 'u') {
      arena[pos++] = unescaped(p[1]);
      p += 2;
    } else {
      p = unescape_unicode(p, end, arena.data(), pos, lone_surrogate);
    }
  }
  return {end, kUnterminated};
}
