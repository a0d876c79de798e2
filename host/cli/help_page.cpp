#include "host/cli/help_page.hpp"

#include "host/base/text.hpp"
#include "host/recipe/keys.hpp"

namespace ophost {
namespace {

HelpPage* g_page = nullptr;

}  // namespace

HelpPage* page_in_making() { return g_page; }

Result<HelpPage> help_page(const Command& command) {
  HelpPage page;
  g_page = &page;
  const int code = command.run({"--help"}, {"ophost", command.name, "--help"});
  g_page = nullptr;
  if (code != 0 || page.usage.empty())
    return Status::failed("'ophost " + std::string(command.name) + " --help' has no page; this is a defect of ophost");
  page.recipe = page.usage.find("[--KEY VALUE") != std::string::npos;
  return page;
}

std::vector<std::string> choices_of_key(const std::string& key) {
  const RecipeKey* k = find_recipe_key(key);
  if (!k) return {};
  if (k->type == KeyType::kBool) return {"true", "false"};
  return k->choices;
}

}  // namespace ophost
