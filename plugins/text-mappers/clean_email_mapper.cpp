// clean_email_mapper: replaces e-mail addresses.
// Owner: plugins/text-mappers. One instance per worker (the pattern keeps match data inside).
#include <cstring>
#include <optional>

#include "ophost/ophost.hpp"
#include "plugins/text-mappers/pattern_replacer.hpp"

namespace ophost {
namespace {

constexpr const char* kPattern = R"([A-Za-z0-9.\-+_]+@[a-z0-9.\-+_]+\.[a-z]+)";

bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}
// [a-z0-9.\-+_]
bool in_domain(char c) {
  return is_small(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == '_';
}
// [A-Za-z0-9.\-+_]
bool in_name(char c) {
  return in_domain(c) || (c >= 'A' && c <= 'Z');
}

// The end of the greedy match of `[a-z0-9.\-+_]+\.[a-z]+` at `p`, or null.
const char* domain_end(const char* p, const char* end) {
  const char* run = p;
  while (run != end && in_domain(*run)) ++run;
  // Giving back from the right: the last dot that has something before it and a letter behind it.
  for (const char* dot = run - 1; dot > p; --dot) {
    if (*dot != '.' || dot + 1 == end || !is_small(dot[1])) continue;
    ++dot;
    while (dot != end && is_small(*dot)) ++dot;
    return dot;
  }
  return nullptr;
}

// All matches of kPattern replaced by `replacement`: only around an '@' can one be.
bool replace_addresses(std::string_view text, std::string_view replacement, std::string& out) {
  const char* const end = text.data() + text.size();
  const char* copied = text.data();  // what lies before is in `out`, and no match begins before it
  bool found = false;
  for (const char* at = text.data();; ++at) {
    at = static_cast<const char*>(std::memchr(at, '@', static_cast<std::size_t>(end - at)));
    if (at == nullptr) break;
    const char* name = at;
    while (name != copied && in_name(name[-1])) --name;
    if (name == at) continue;
    const char* const behind = domain_end(at + 1, end);
    if (behind == nullptr) continue;
    out.append(copied, name);
    out.append(replacement);
    copied = behind;
    at = behind - 1;
    found = true;
  }
  if (found) out.append(copied, end);
  return found;
}

class CleanEmailMapper {
 public:
  static constexpr auto kInfo =
      mapper("clean_email_mapper")
          .summary("Replaces e-mail addresses, by default with nothing.")
          .params(OPHOST_PARAMS(
              TEXT_MAPPERS_PATTERN(
                  "Python regular expression (regex module); null: e-mail addresses."),
              TEXT_MAPPERS_REPL))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure)
          .example("clean_email_mapper:\n  repl: '<EMAIL>'\n");

  CleanEmailMapper(const Params& params, Host) : replacement_(params.get_string("repl")) {
    const bool plain = replacement_.find('\\') == std::string::npos;
    if (!params.is_null("pattern")) {
      replacer_.emplace(params.get_string("pattern"), replacement_);
    } else if (!plain) {
      replacer_.emplace(kPattern, replacement_);
    }
  }

  bool map(std::string_view text, std::string& out) {
    if (replacer_) return replacer_->replace(text, out);
    return replace_addresses(text, replacement_, out);
  }

 private:
  std::string replacement_;
  std::optional<PatternReplacer> replacer_;
};

}  // namespace

OPHOST_OPERATOR(clean_email_mapper, CleanEmailMapper);

}  // namespace ophost
