// pii_redaction_mapper: replaces paths, addresses, secrets and other personal data.
// Owner: plugins/privacy. One instance per worker (the patterns keep match data inside).
#include "ophost/ophost.hpp"
#include "plugins/privacy/record_walk.hpp"

#define PRIVACY_MASK(name, fallback, what) \
  OPHOST_PARAM(name, "boolean", fallback, "Whether to replace " what ".")
#define PRIVACY_REPLACEMENT(name, fallback, what) \
  OPHOST_PARAM(name, "string", "\"" fallback "\"", "What replaces " what ": a Python template.")

namespace ophost {
namespace {

class PiiRedactionMapper {
 public:
  static constexpr auto kInfo =
      mapper("pii_redaction_mapper")
          .summary(
              "Replaces paths, addresses, secrets, ids and phone numbers by placeholders, in "
              "the text and in dialogs, tool calls and lists.")
          .params(OPHOST_PARAMS(
              PRIVACY_MASK("mask_paths", "true", "file system paths"),
              PRIVACY_MASK("mask_emails", "true", "e-mail addresses"),
              PRIVACY_MASK("mask_secrets", "true", "the values of passwords, tokens and keys"),
              PRIVACY_MASK("mask_ids", "true", "session, user, request and trace ids"),
              PRIVACY_MASK("mask_phones", "true", "phone numbers"),
              PRIVACY_MASK("mask_id_cards", "true", "Chinese identity card numbers"),
              PRIVACY_MASK("mask_channel_ids", "true", "names of messaging channels"),
              PRIVACY_MASK("mask_platform_open_ids", "true", "open ids of messaging platforms"),
              PRIVACY_MASK("mask_pem", "true", "PEM blocks (keys and certificates)"),
              PRIVACY_MASK("mask_jwt", "true", "JSON web tokens"),
              PRIVACY_MASK("mask_urls", "false", "http and https addresses"),
              PRIVACY_MASK("mask_ips", "true", "IPv4 addresses and IPv6 addresses in brackets"),
              PRIVACY_MASK("mask_macs", "true", "MAC addresses"),
              PRIVACY_REPLACEMENT("path_replacement", "[PATH_REDACTED]", "a path"),
              PRIVACY_REPLACEMENT("email_replacement", "[EMAIL_REDACTED]", "an e-mail address"),
              PRIVACY_REPLACEMENT("secret_replacement", "[REDACTED]", "a secret value"),
              PRIVACY_REPLACEMENT("id_replacement", "[ID_REDACTED]", "an id and its separator"),
              PRIVACY_REPLACEMENT("phone_replacement", "[PHONE_REDACTED]", "a phone number"),
              PRIVACY_REPLACEMENT("id_card_replacement", "[ID_CARD_REDACTED]",
                                  "an identity card number"),
              PRIVACY_REPLACEMENT("channel_id_replacement", "[CHANNEL_ID_REDACTED]",
                                  "a channel or an open id"),
              PRIVACY_REPLACEMENT("pem_replacement", "[PEM_REDACTED]", "a PEM block"),
              PRIVACY_REPLACEMENT("jwt_replacement", "[JWT_REDACTED]", "a JSON web token"),
              PRIVACY_REPLACEMENT("url_replacement", "[URL_REDACTED]", "an address of the web"),
              PRIVACY_REPLACEMENT("ip_replacement", "[IP_REDACTED]", "an IP address"),
              PRIVACY_REPLACEMENT("mac_replacement", "[MAC_REDACTED]", "a MAC address"),
              "\"extra_patterns\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"array\","
              "\"items\":{\"type\":\"string\"}},\"default\":null,\"description\":\"Pairs "
              "[pattern, template] of Python regular expressions (re module), applied last.\"}",
              OPHOST_PARAM("text_key", "string", "\"text\"", "The field with the text."),
              "\"redact_keys\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\"},"
              "\"default\":null,\"description\":\"Fields to redact beside strings in lists and "
              "under keys such as path and arguments; null: the text, query, response, "
              "dialog_history and messages.\"}",
              "\"messages_key\":{\"type\":[\"string\",\"null\"],\"default\":\"messages\","
              "\"description\":\"Which of redact_keys holds chat messages.\"}"))
          .reads("$record:json")
          .writes("$record:json")
          .promises(kPure)
          .cost("medium")
          .example("pii_redaction_mapper:\n  mask_urls: true\n  email_replacement: '<EMAIL>'\n");

  PiiRedactionMapper(const Params& params, Host)
      : walk_(make_redactor(params), make_fields(params)) {}

  bool map(std::string_view record, std::string& out) { return walk_.redact(record, out); }

 private:
  static privacy::Redactor make_redactor(const Params& params) {
    privacy::Redactor redactor;
    for (const privacy::Pattern& pattern : privacy::kPatterns) {
      if (!params.get_bool(pattern.switched_by)) continue;
      redactor.add(pattern, params.get_string(pattern.replaced_by));
    }
    if (params.is_null("extra_patterns")) return redactor;
    json::for_each_element(params.json("extra_patterns"), [&](std::string_view raw) {
      std::vector<std::string> pair;
      json::for_each_element(
          raw, [&](std::string_view text) { pair.push_back(json::decode_string(text)); });
      if (pair.size() != 2) {
        throw ConfigError(
            "pii_redaction_mapper: an entry of 'extra_patterns' must be a pair "
            "[pattern, template], got " +
            std::string(raw));
      }
      redactor.add(pair[0], pair[1]);
    });
    return redactor;
  }
  static privacy::RedactionFields make_fields(const Params& params) {
    privacy::RedactionFields fields;
    fields.keys = params.is_null("redact_keys")
                      ? std::vector<std::string>{params.get_string("text_key"), "query", "response",
                                                 "dialog_history", "messages"}
                      : params.get_strings("redact_keys");
    fields.has_messages_key = !params.is_null("messages_key");
    if (fields.has_messages_key) fields.messages_key = params.get_string("messages_key");
    return fields;
  }

  privacy::RecordWalk walk_;
};

}  // namespace
}  // namespace ophost

OPHOST_PLUGIN("org.ophost.privacy", OPHOST_VERSION, ophost::PiiRedactionMapper);
