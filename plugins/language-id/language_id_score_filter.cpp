// The plugin org.ophost.language-id: language_id_score_filter keeps records that a fastText model
// surely enough takes for one of some languages. Owner: plugins/language-id. One instance per
// worker (it keeps a buffer); the model is shared.
#include <fasttext/fasttext.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <utility>

#include "ophost/ophost.hpp"
#include "plugins/textkit/lower.hpp"

namespace ophost {
namespace {

constexpr char kModelName[] = "lid.176.bin";

// Workers open the same model one after the other: one copy serves them all.
std::shared_ptr<const fasttext::FastText> open_model(const std::string& path) {
  static std::mutex mutex;
  static auto& loaded = *new std::map<std::string, std::weak_ptr<const fasttext::FastText>>;
  const std::lock_guard lock(mutex);
  std::weak_ptr<const fasttext::FastText>& slot = loaded[path];
  if (auto there = slot.lock()) return there;
  auto fresh = std::make_shared<fasttext::FastText>();
  try {
    fresh->loadModel(path);
  } catch (const std::exception& e) {
    throw ConfigError("'" + path + "' could not be loaded as a fastText model: " + e.what());
  }
  if (fresh->getArgs().model != fasttext::model_name::sup) {
    throw ConfigError("'" + path +
                      "' is a fastText model without labels: it cannot tell languages");
  }
  slot = fresh;
  return fresh;
}

class LanguageIdScoreFilter {
 public:
  static constexpr auto kInfo =
      filter("language_id_score_filter")
          .summary(
              "Keeps records that are in one of some languages, as the fastText model lid.176.bin "
              "tells them.")
          .params(OPHOST_FILTER_PARAMS(
              "\"lang\":{\"type\":[\"string\",\"array\",\"null\"],\"items\":{\"type\":\"string\"},"
              "\"default\":\"\",\"x-decides\":true,\"description\":\"Codes of the languages to "
              "keep "
              "(en, zh, ...); empty: all.\"}",
              "\"min_score\":{\"type\":[\"number\",\"null\"],\"default\":0.8,\"x-decides\":true,"
              "\"description\":\"Least probability of the language found.\"}"))
          .reads("$text_key")
          .writes("__dj__stats__.lang:str", "__dj__stats__.lang_score:f64")
          .promises(kPure)
          .cost("expensive")
          .example("language_id_score_filter:\n  lang: [en, de]\n  min_score: 0.8\n");

  LanguageIdScoreFilter(const Params& params, Host host)
      : model_(open_model(host.resource(kModelName))), score_(params, "min_score", "") {
    if (params.is_null("lang")) return;
    languages_ = params.get_strings("lang");
    if (params.json("lang") == "\"\"") languages_.clear();
  }

  void stats(const Row& in, RowOut& out) {
    textkit::lower(in.str(0), lowered_);
    std::replace(lowered_.begin(), lowered_.end(), '\n', ' ');
    lowered_ += '\n';
    std::istringstream line(lowered_);
    found_.clear();
    model_->predictLine(line, found_, 1, 0.0);
    if (found_.empty()) {
      throw RecordError("the model knows nothing of this text: no language was found");
    }
    auto& [score, label] = found_.front();
    constexpr std::string_view kPrefix = "__label__";
    for (std::size_t at = 0; (at = label.find(kPrefix, at)) != std::string::npos;) {
      label.erase(at, kPrefix.size());
    }
    out.set(0, label);
    out.set_f64(1, static_cast<double>(score));
  }

  bool keep(const Row& stats) const {
    if (stats.is_null(0) || stats.is_null(1)) return false;
    const bool listed = languages_.empty() || std::find(languages_.begin(), languages_.end(),
                                                        stats.str(0)) != languages_.end();
    return listed && score_.keep(stats.f64(1));
  }

 private:
  std::shared_ptr<const fasttext::FastText> model_;
  Interval score_;
  std::vector<std::string> languages_;  // empty: any
  std::string lowered_;
  std::vector<std::pair<fasttext::real, std::string>> found_;
};

}  // namespace

OPHOST_OPERATOR(language_id_score_filter, LanguageIdScoreFilter);

}  // namespace ophost

OPHOST_PLUGIN_OF("org.ophost.language-id", OPHOST_VERSION,
                 &ophost::ophost_operator_language_id_score_filter);
