// A list of chat messages as a dialog: pairs of a question and what was answered to it.
// Owner: plugins/agent. A Dialog belongs to one thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plugins/agent/messages.hpp"

namespace ophost::agent {

// Longest texts, in characters; 0: no limit.
struct DialogLimits {
  std::int64_t tool_result = 0;
  std::int64_t assistant = 0;
  std::int64_t user = 0;
  double head_ratio = 0.62;  // how much of what stays is the beginning
};

struct Dialog {
  std::vector<std::pair<std::string, std::string>> turns;
  bool compressed = false;      // a limit was reached
  std::int64_t last_user = -1;  // numbers of messages; -1: there is none
  std::int64_t last_assistant = -1;
};

// Throws PyTypeError when a message is none.
Dialog read_dialog(const PyValue::List& messages, bool system_in_first_user,
                   const DialogLimits& limits);

// `text` with its middle replaced by a marker when it is longer than `limit` characters (> 0); true
// when it was.
bool shorten(std::string& text, std::int64_t limit, double head_ratio);

// "User: ...", "Assistant: ..." with empty lines between them.
std::string flatten(const Dialog& dialog, const std::string& user, const std::string& assistant);

// The text of the first choice that has one. Throws PyTypeError.
std::string choices_text(const PyValue& choices);

// Names of all tools that were called, each once.
std::vector<std::string> tool_types(const PyValue::List& messages);

}  // namespace ophost::agent
