// A command's --help as data: what its option table, its texts and the table of recipe keys say. Shell completion and the
// manual are made of it, so that they cannot say anything else. Owner: cli. One thread.
#pragma once

#include <string>
#include <vector>

#include "host/base/status.hpp"
#include "host/cli/commands.hpp"

namespace ophost {

struct HelpOption {
  std::string name;      // without dashes
  std::string value;     // what its value is called; "" = it takes none
  std::string fallback;  // its default; "" = none
  std::string text;
  std::vector<std::string> choices;  // from a value called a|b|c
};

struct HelpPage {
  std::string usage, about, examples;
  std::vector<HelpOption> options;
  bool recipe = false;  // takes a recipe's keys as options too
};

// What `ophost COMMAND --help` prints.
Result<HelpPage> help_page(const Command& command);

// While one is made, print_help() hands its texts over here instead of printing them. NULL otherwise.
HelpPage* page_in_making();

// What a recipe's key may be set to, where that is a choice: its choices, or true and false.
std::vector<std::string> choices_of_key(const std::string& key);

}  // namespace ophost
