// YAML -> recipe: every text gives a recipe or sentences; a recipe that is accepted can be written down and read again.
#include <sys/mman.h>
#include <unistd.h>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/recipe/recipe.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ophost;

static const OpSchema kFilter = {
    "text_length_filter",
    R"({"type":"object","properties":{"min_len":{"type":"integer","default":10,"minimum":0},
        "max_len":{"type":"integer","default":9223372036854775807},"mode":{"type":"string","enum":["a","b"],"default":"a"},
        "list":{"type":["array","null"],"items":{"type":"string"},"default":null},"ratio":{"type":"number","default":0.5}}})",
    {"length"}};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  // Up to three words of a command line (key, value), then the file.
  std::vector<std::pair<std::string, std::string>> overrides;
  for (int n = in.byte() & 3; n > 0; --n) {
    std::string key(in.line());
    overrides.emplace_back(key, std::string(in.line()));
  }
  static const int fd = ::memfd_create("recipe", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(fd);
  fuzz::must(::ftruncate(fd, 0) == 0 && ::lseek(fd, 0, SEEK_SET) == 0, "the scratch file");
  (void)write_all(fd, in.rest(), path);
  OpCatalog catalog;
  catalog.find = [](const std::string& name) { return name == kFilter.name || name == "length" ? &kFilter : nullptr; };
  catalog.names = [] { return std::vector<std::string>{kFilter.name}; };
  (void)recipe_plugin_paths(path, overrides);
  auto recipe = load_recipe(path, overrides, catalog);
  if (!recipe.ok()) {
    fuzz::must(!recipe.status().message().empty(), "an error has a message");
    return 0;
  }
  std::string resolved = recipe->resolved_json();
  auto back = recipe_from_resolved(resolved);
  fuzz::must(back.ok() && back->resolved_json() == resolved, "a worker gets the recipe that the job has");
  fuzz::must(parse_json(resolved, "it").ok(), "the resolved recipe is JSON");
  for (const OpConfig& op : recipe->process)
    fuzz::must(parse_json(op.params, "it").ok(), "an operator's parameters are JSON");
  return 0;
}
