// Parameters against schemas, both of any shape: canonical JSON or sentences. The first line is the schema.
#include "host/base/json.hpp"
#include "host/recipe/recipe.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ophost;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  OpSchema schema{"some_op", std::string(in.line()), {}};
  auto parsed = parse_json(schema.schema, "the schema");
  auto given = parse_json(in.rest(), "the parameters");
  // The registry takes no other schema, the recipe gives no other parameters.
  if (!parsed.ok() || !parsed->IsObject() || !given.ok() || !given->IsObject()) return 0;
  std::vector<std::string> errors;
  std::string canonical = check_params(schema, *given, "process[0] some_op", errors);
  if (!errors.empty()) {
    for (const std::string& e : errors) fuzz::must(e.size() > 20, "an error is a sentence");
    return 0;
  }
  auto back = parse_json(canonical, "the canonical parameters");
  fuzz::must(back.ok() && back->IsObject() && canonical_json(*back) == canonical, "canonical parameters are canonical JSON");
  std::vector<std::string> again;
  const std::string same = check_params(schema, *back, "process[0] some_op", again);
  // Errors only where the schema contradicts itself: a default that is not of its own type.
  fuzz::must(!again.empty() || same == canonical, "canonical parameters stay as they are");
  return 0;
}
