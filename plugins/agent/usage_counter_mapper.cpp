// usage_counter_mapper: the tokens a model used. Owner: plugins/agent. One instance per worker.
#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "ophost/ophost.hpp"
#include "plugins/agent/messages.hpp"

namespace ophost {
namespace {

using agent::PyValue;
using agent::truthy;
using textkit::PyTypeError;

// One place that told about usage; NULL where it did not say.
struct Usage {
  const PyValue* prompt = nullptr;
  const PyValue* completion = nullptr;
  const PyValue* total = nullptr;
};

bool is_told(const PyValue* v) {
  return v != nullptr && !v->is_none();
}
// `preferred`, but `fallback` when that is missing or zero.
const PyValue* either(const PyValue& usage, const char* preferred, const char* fallback) {
  const PyValue* v = usage.find(preferred);
  return truthy(v) ? v : usage.find(fallback);
}
bool has_counts(const PyValue& v) {
  return is_told(v.find("prompt_tokens")) || is_told(v.find("completion_tokens"));
}

// What an object tells, in its usage, its usage_metadata or itself. False: it is no object.
bool read_usage(const PyValue* object, std::vector<Usage>& usages) {
  if (object == nullptr || object->as<PyValue::Dict>() == nullptr) return false;
  static const PyValue nothing{PyValue::Dict{}};
  const PyValue* usage = agent::first_true(object->find("usage"), object->find("usage_metadata"));
  if (usage == nullptr || usage->as<PyValue::Dict>() == nullptr) usage = &nothing;
  if (!has_counts(*usage) && has_counts(*object)) usage = object;
  usages.push_back({either(*usage, "prompt_tokens", "input_tokens"),
                    either(*usage, "completion_tokens", "output_tokens"),
                    usage->find("total_tokens")});
  return true;
}

// int(v) where Python gives one, for telling usages apart.
std::optional<std::int64_t> as_int(const PyValue& v) {
  const double* d = v.as<double>();
  if (d != nullptr && std::isinf(*d)) throw PyTypeError("a token count is infinite");
  try {
    return agent::to_int(v, "a token count");
  } catch (const PyTypeError&) {
    return std::nullopt;
  }
}

using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
Key key_of(const Usage& u) {
  const auto count = [](const PyValue* v) {
    return truthy(v) ? as_int(*v).value_or(0) : std::int64_t{0};
  };
  const std::int64_t p = count(u.prompt), c = count(u.completion);
  std::int64_t sum = 0;
  if (__builtin_add_overflow(p, c, &sum)) throw PyTypeError("token counts beyond 64 bits");
  return {p, c, is_told(u.total) ? as_int(*u.total).value_or(sum) : sum};
}

// A sum of whole numbers, or of floats once one of them is.
class Sum {
 public:
  void add(const PyValue* v) {
    if (!truthy(v)) return;
    if (const auto* i = v->as<std::int64_t>()) return add(*i);
    if (v->as<bool>() != nullptr) return add(std::int64_t{1});
    const auto* d = v->as<double>();
    if (d == nullptr) {
      throw PyTypeError(std::string("a token count must be a number, found ") + v->type_name());
    }
    to_real();
    real_ += *d;
  }
  void add(const Sum& other) {
    if (!other.is_real_) return add(other.whole_);
    to_real();
    real_ += other.real_;
  }
  bool is_zero() const { return is_real_ ? real_ == 0 : whole_ == 0; }
  PyValue value() const { return is_real_ ? PyValue(real_) : PyValue(whole_); }

 private:
  void add(std::int64_t i) {
    std::int64_t sum = 0;
    if (!is_real_ && !__builtin_add_overflow(whole_, i, &sum)) {
      whole_ = sum;
      return;
    }
    to_real();  // whole numbers beyond 64 bits are floats in every Data-Juicer dataset
    real_ += static_cast<double>(i);
  }
  void to_real() {
    if (!is_real_) real_ = static_cast<double>(whole_);
    is_real_ = true;
  }
  std::int64_t whole_ = 0;
  double real_ = 0;
  bool is_real_ = false;
};

class UsageCounterMapper {
 public:
  static constexpr auto kInfo =
      mapper("usage_counter_mapper")
          .summary(
              "Sums the prompt and completion tokens that a response and its choices report "
              "into the record's meta.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("choices_key", "string", "\"choices\"",
                           "The field with the list of choices."),
              OPHOST_PARAM("usage_key", "string", "\"usage\"", "The field with the usage."),
              OPHOST_PARAM("response_metadata_key", "string", "\"response_metadata\"",
                           "The field with the response's metadata."),
              OPHOST_PARAM("dedupe_identical_usage", "boolean", "true",
                           "Whether equal reports count once: they often repeat each other.")))
          .reads("$record:json")
          .writes("__dj__meta__.prompt_tokens:json", "__dj__meta__.completion_tokens:json",
                  "__dj__meta__.total_tokens:json")
          .promises(kPure)
          .example("usage_counter_mapper:\n  usage_key: response_usage\n");

  UsageCounterMapper(const Params& params, Host)
      : choices_key_(params.get_string("choices_key")),
        usage_key_(params.get_string("usage_key")),
        metadata_key_(params.get_string("response_metadata_key")),
        dedupe_(params.get_bool("dedupe_identical_usage")) {}

  void map(const Row& in, RowOut& out) const {
    const PyValue record = agent::value_of(in, 0);
    std::vector<Usage> usages;
    // A usage that is no object: the record itself may hold the numbers.
    const PyValue* usage = record.find(usage_key_);
    if (usage != nullptr && !read_usage(usage, usages)) read_usage(&record, usages);
    const PyValue* metadata = record.find(metadata_key_);
    static const PyValue empty{PyValue::Dict{}};
    read_usage(truthy(metadata) ? metadata : &empty, usages);
    const PyValue* choices = record.find(choices_key_);
    if (choices != nullptr) {
      for (const PyValue& choice : agent::items_of(*choices)) {
        if (!read_usage(&choice, usages)) continue;
        const PyValue* message = choice.find("message");
        read_usage(truthy(message) ? message : choice.find("delta"), usages);
      }
    }
    if (dedupe_) drop_repeated(usages);

    Sum prompt, completion;
    const PyValue* total = nullptr;
    for (const Usage& u : usages) prompt.add(u.prompt);
    for (const Usage& u : usages) completion.add(u.completion);
    for (const Usage& u : usages) {
      if (total == nullptr && is_told(u.total)) total = u.total;
    }
    textkit::append_json(out.text(0), prompt.value());
    textkit::append_json(out.text(1), completion.value());
    Sum both = prompt;
    both.add(completion);
    if (total != nullptr) {
      textkit::append_json(out.text(2), *total);
    } else if (prompt.is_zero() && completion.is_zero()) {
      out.set(2, "null");
    } else {
      textkit::append_json(out.text(2), both.value());
    }
  }

 private:
  static void drop_repeated(std::vector<Usage>& usages) {
    std::vector<Key> seen;
    std::erase_if(usages, [&](const Usage& u) {
      const Key key = key_of(u);
      if (std::find(seen.begin(), seen.end(), key) != seen.end()) return true;
      seen.push_back(key);
      return false;
    });
  }

  std::string choices_key_, usage_key_, metadata_key_;
  bool dedupe_;
};

}  // namespace

OPHOST_OPERATOR(usage_counter_mapper, UsageCounterMapper);

}  // namespace ophost
