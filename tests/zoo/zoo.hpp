// The zoo: operators that do what no operator may do, each at the records that hold a marker word and nowhere else, so
// that exactly one record is guilty. Written against the bare C ABI, because the C++ wrapper would not let them. For the
// tests of the host only. Threads: whatever the misdeed does to them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ophost/abi.h"

namespace zoo {

// What a misdeed gets: the guilty row and everything it could do harm to.
struct Scene {
  const oph_host* host;
  const oph_batch* in;
  const oph_out* out;
  oph_error* error;
  std::uint64_t row;
  std::string_view text;  // of that row
};

// What becomes of the guilty row when the misdeed returns at all.
enum class After {
  kKeep,    // the row gets its output as every other row does
  kNothing, // its text is left to what the misdeed did
  kError,   // it has an error and gets no output at all
  kReturn   // the call ends here, with `status`
};
struct Result {
  After after = After::kKeep;
  oph_status status = OPH_OK;
};

struct Misdeed {
  const char* name;
  Result (*commit)(const Scene&);
};

// NULL when there is none of that name.
const Misdeed* find_misdeed(std::string_view name);

}  // namespace zoo
