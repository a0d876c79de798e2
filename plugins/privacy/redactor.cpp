// The patterns of pii_redaction_mapper and their application to a text.
// Owner: plugins/privacy. One object per instance, one thread at a time.
#include "plugins/privacy/redactor.hpp"

namespace ophost::privacy {

using textkit::kRegexAnchored;
using textkit::kRegexIgnoreCase;
using textkit::kRegexNoFlags;
using textkit::RegexFlavor;

// clang-format off
// Broad blocks first, then finer tokens: what an earlier pattern wrote is seen by the later ones.
const Pattern kPatterns[kPatternCount] = {
    {"mask_pem", "pem_replacement",
     R"(-----BEGIN [A-Z0-9 -]+-----[\s\S]*?-----END [A-Z0-9 -]+-----)",
     kRegexNoFlags, false, &find_pem},
    {"mask_jwt", "jwt_replacement",
     R"(\beyJ[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\b)",
     kRegexNoFlags, false, &find_jwt},
    {"mask_urls", "url_replacement", R"(https?://[^\s"'<>]+)", kRegexNoFlags, false, &find_url},
    {"mask_ips", "ip_replacement",
     R"((?<![0-9.])(?:(?:25[0-5]|2[0-4]\d|[01]?\d\d?)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d\d?)(?![0-9]))",
     kRegexNoFlags, false, &find_ipv4},
    {"mask_ips", "ip_replacement", R"(\[[0-9a-fA-F:.]{3,}\](?::\d{1,5})?\b)",
     kRegexNoFlags, false, &find_ipv6},
    {"mask_macs", "mac_replacement",
     R"((?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b)",
     kRegexNoFlags, false, &find_mac},
    {"mask_paths", "path_replacement",
     R"re((^|[\s"'(\[=])(/(?:Users?|home|tmp|etc|var|opt|Applications)[^\s"')\]]*(?:/[^\s"')\]]*)*))re",
     kRegexNoFlags, true, &find_unix_path},
    {"mask_paths", "path_replacement",
     R"re((^|[\s"'(\[=])([A-Za-z]:\\[^\s"')\]]*(?:\\[^\s"')\]]*)*))re",
     kRegexNoFlags, true, &find_windows_path},
    {"mask_paths", "path_replacement", R"re((^|[\s"'(\[=])(\\\\[^\s"')\]]+))re",
     kRegexNoFlags, true, &find_unc_path},
    {"mask_emails", "email_replacement",
     R"([a-zA-Z0-9][\w.+-]*@[\w.-]+\.(?:[a-zA-Z]{2,}|\w{2,}))",
     kRegexNoFlags, false, &find_email},
    {"mask_secrets", "secret_replacement",
     R"((\b(?:api[_-]?key|apikey|secret|password|passwd|token|auth|authorization|credential)"
     R"(|license[_-]?key)\s*[:=]\s*["']?)([^\s"',}\]]+))",
     kRegexIgnoreCase, true, &find_secret},
    {"mask_ids", "id_replacement",
     R"(\b(session[_-]?id|user[_-]?id|request[_-]?id|trace[_-]?id)\s*[:=]\s*["']?[\w.-]+)",
     kRegexIgnoreCase, true, &find_id},
    {"mask_channel_ids", "channel_id_replacement",
     R"((\bchannel\s*[:=]\s*["']?|当前的\s*channel\s*[:：]\s*))"
     R"((feishu|dingtalk|wecom|wechat_work|email|mail|飞书|钉钉|企业微信|邮箱)\b)",
     kRegexIgnoreCase, true, &find_channel},
    {"mask_platform_open_ids", "channel_id_replacement", R"(\bou_[0-9a-f]{32}\b)",
     kRegexIgnoreCase, false, &find_feishu_id},
    {"mask_platform_open_ids", "channel_id_replacement", R"(\b(ou_|u_|uid_)[0-9a-zA-Z_-]{16,64}\b)",
     kRegexNoFlags, false, &find_platform_id},
    {"mask_phones", "phone_replacement", R"(\b1[3-9]\d{9}\b)",
     kRegexNoFlags, false, &find_chinese_phone},
    {"mask_phones", "phone_replacement", R"(\+\d{1,4}[-.\s]?\d{6,14}\b)",
     kRegexNoFlags, false, &find_international_phone},
    {"mask_id_cards", "id_card_replacement",
     R"(\b[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]\b)",
     kRegexNoFlags, false, &find_id_card},
};
// clang-format on

void Redactor::add(const Pattern& pattern, const std::string& replacement, bool use_candidates) {
  const unsigned flags = pattern.flags | (use_candidates ? unsigned{kRegexAnchored} : 0u);
  textkit::PyRegex regex(pattern.regex, RegexFlavor::kRe, flags);
  textkit::RegexTemplate made =
      regex.compile_template((pattern.keeps_first_group ? "\\1" : "") + replacement);
  steps_.push_back({std::move(regex), std::move(made), use_candidates ? pattern.find : nullptr});
}

void Redactor::add(const std::string& regex, const std::string& replacement) {
  textkit::PyRegex compiled(regex, RegexFlavor::kRe);
  textkit::RegexTemplate made = compiled.compile_template(replacement);
  steps_.push_back({std::move(compiled), std::move(made), nullptr});
}

bool Redactor::apply(Step& step, std::string_view text, std::string& out) {
  if (step.find == nullptr) return step.regex.sub(text, step.replacement, out);
  bool any = false;
  std::size_t copied = 0;
  textkit::RegexMatch match;
  for (Candidate c = step.find(text, 0); c.at != kNoCandidate;) {
    std::size_t next = c.resume;
    if (step.regex.search(text, match, c.at)) {
      if (!any) out.clear();
      any = true;
      out.append(text, copied, match.begin() - copied);
      step.replacement.append(match, out);
      copied = next = match.end();  // no pattern of the table matches the empty text
    }
    c = step.find(text, next);
  }
  if (any) out.append(text, copied);
  return any;
}

bool Redactor::redact(std::string_view text, std::string& out) {
  if (text.empty()) return false;
  bool changed = false;
  for (Step& step : steps_) {
    if (!apply(step, changed ? std::string_view(out) : text, next_)) continue;
    out.swap(next_);
    changed = true;
  }
  return changed;
}

}  // namespace ophost::privacy
