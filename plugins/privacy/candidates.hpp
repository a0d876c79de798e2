// Where matches of the redaction patterns can begin: for each kind, a scan for what every match
// must have (an '@', a "://", a run of digits ...), so that the pattern itself runs at those places
// only. Owner: plugins/privacy. Pure functions, any thread. Texts are valid UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace ophost::privacy {

inline constexpr std::size_t kNoCandidate = static_cast<std::size_t>(-1);

// A place where a match may begin, and where to look on when none does: no match begins between the
// place that was asked for and `at`, and, if none begins at `at`, none does before `resume`.
struct Candidate {
  std::size_t at = kNoCandidate;
  std::size_t resume = kNoCandidate;
};

// The first candidate at byte `from` or later.
using FindCandidate = Candidate (*)(std::string_view text, std::size_t from);

Candidate find_pem(std::string_view text, std::size_t from);
Candidate find_jwt(std::string_view text, std::size_t from);
Candidate find_url(std::string_view text, std::size_t from);
Candidate find_ipv4(std::string_view text, std::size_t from);
Candidate find_ipv6(std::string_view text, std::size_t from);
Candidate find_mac(std::string_view text, std::size_t from);
Candidate find_unix_path(std::string_view text, std::size_t from);
Candidate find_windows_path(std::string_view text, std::size_t from);
Candidate find_unc_path(std::string_view text, std::size_t from);
Candidate find_email(std::string_view text, std::size_t from);
Candidate find_secret(std::string_view text, std::size_t from);
Candidate find_id(std::string_view text, std::size_t from);
Candidate find_channel(std::string_view text, std::size_t from);
Candidate find_feishu_id(std::string_view text, std::size_t from);
Candidate find_platform_id(std::string_view text, std::size_t from);
Candidate find_chinese_phone(std::string_view text, std::size_t from);
Candidate find_international_phone(std::string_view text, std::size_t from);
Candidate find_id_card(std::string_view text, std::size_t from);

}  // namespace ophost::privacy
