// The two inner loops of reading JSON: passing over a string, and unescaping it into an arena; 32
// bytes at a time where the CPU has AVX2, 16 otherwise. Private to host/batch. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <string>

namespace ophost::json_strings {

// How a string ended. `p` stands behind the closing quote, or at the offending byte when `error` says
// what was expected there.
struct End {
  const char* p;
  const char* error = nullptr;
};

// `p` stands behind the opening quote; the string must close before `end`. Bytes in [end, readable_end) may
// be read but mean nothing. UTF-8 is not looked at.
using SkipFn = End (*)(const char* p, const char* end, const char* readable_end);

// As skip, and puts the unescaped bytes at arena[pos...], growing the arena (its size may end beyond pos, which
// stands behind the last byte put). A lone surrogate has no UTF-8 form: `lone_surrogate` is set to
// where the first one stands, and nothing is put for it.
using UnescapeFn = End (*)(const char* p, const char* end, const char* readable_end, std::string& arena,
                           std::size_t& pos, const char*& lone_surrogate);

struct Kernels {
  SkipFn skip;
  UnescapeFn unescape;
};

// The best for this CPU; `baseline` ones are for the test that compares them.
const Kernels& kernels();
const Kernels& baseline_kernels();

}  // namespace ophost::json_strings
