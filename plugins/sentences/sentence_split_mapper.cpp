// The plugin org.ophost.sentences: sentence_split_mapper puts every sentence on a line of its own.
// Owner: plugins/sentences. Stateless after construction, any thread.
#include "ophost/ophost.hpp"
#include "plugins/sentences/punkt.hpp"

namespace ophost {
namespace {

class SentenceSplitMapper {
 public:
  static constexpr auto kInfo =
      mapper("sentence_split_mapper")
          .summary("Puts every sentence of the text on a line of its own.")
          .params(OPHOST_PARAMS(OPHOST_PARAM_WITH(
              "lang", "string", "\"en\"", ",\"enum\":[\"en\",\"fr\",\"pt\",\"es\"]",
              "Language of the text. NLTK's punkt_tab parameters for it must be a resource: the "
              "folder tokenizers/punkt_tab/english (french, portuguese, spanish), or the same "
              "under nltk_data/.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(kPure | kConcurrent)
          .cost("medium")
          .example("sentence_split_mapper:\n  lang: en\n");

  SentenceSplitMapper(const Params& params, Host host)
      : punkt_(PunktParameters::read(find_folder(params.get_string("lang"), host))) {}

  bool map(std::string_view text, std::string& out) const {
    bool first = true;
    for (const std::string_view sentence : punkt_sentences(text, punkt_)) {
      if (!first) out += '\n';
      out += sentence;
      first = false;
    }
    return true;
  }

 private:
  static std::string find_folder(const std::string& lang, const Host& host) {
    const char* name = lang == "en"   ? "english"
                       : lang == "fr" ? "french"
                       : lang == "pt" ? "portuguese"
                       : lang == "es" ? "spanish"
                                      : nullptr;
    if (name == nullptr) {
      throw ConfigError("sentence_split_mapper: 'lang' is \"" + lang +
                        "\"; expected one of en, fr, pt, es");
    }
    const std::string folder = std::string("tokenizers/punkt_tab/") + name;
    try {
      return host.resource(folder);
    } catch (const ConfigError& first) {
      try {
        return host.resource("nltk_data/" + folder);
      } catch (const ConfigError& second) {
        throw ConfigError(std::string(first.what()) + " Nor was it found so: " + second.what());
      }
    }
  }

  PunktParameters punkt_;
};

}  // namespace

OPHOST_OPERATOR(sentence_split_mapper, SentenceSplitMapper);

}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.sentences", OPHOST_VERSION,
                 &ophost::ophost_operator_sentence_split_mapper);
