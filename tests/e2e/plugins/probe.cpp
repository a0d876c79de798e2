// An operator made for the tests of the whole host: a mapper that marks texts, and whose build, speed and faults the
// tests choose. Loaded by ophost like any plugin; threads: an instance is only read after its construction.
//
// PROBE_VERSION    the plugin's version
// PROBE_BEHAVIOUR  what the code does: builds with different values are "the same operator with changed code"
#include <chrono>
#include <string>
#include <thread>

#include "ophost/ophost.hpp"

class ProbeMapper {
 public:
  static constexpr auto kInfo =
      ophost::mapper("e2e_probe_mapper")
          .summary("Appends a mark to every text; may be slow, may refuse records. For tests.")
          .params(OPHOST_PARAMS(
              OPHOST_PARAM("mark", "string", "\"\"", "What is appended to every text."),
              OPHOST_PARAM("poison", "string", "\"\"", "Texts that contain this are refused; empty = none."),
              OPHOST_PARAM("sleep_us", "integer", "0", "Microseconds to wait at every record.")))
          .reads("$text_key")
          .writes("$text_key")
          .promises(ophost::kPure | ophost::kConcurrent)
          .example("e2e_probe_mapper:\n  mark: \"!\"\n");

  ProbeMapper(const ophost::Params& params, ophost::Host)
      : mark_(params.get_string("mark")),
        poison_(params.get_string("poison")),
        sleep_(params.get_int("sleep_us")) {}

  bool map(std::string_view text, std::string& out) const {
    if (sleep_.count() > 0) std::this_thread::sleep_for(sleep_);
    if (!poison_.empty() && text.find(poison_) != std::string_view::npos)
      throw ophost::RecordError("the text holds '" + poison_ + "'");
    out = text;
    out += mark_;
    for (int i = 1; i < PROBE_BEHAVIOUR; ++i) out += '~';
    return out.size() != text.size();
  }

 private:
  std::string mark_, poison_;
  std::chrono::microseconds sleep_;
};

OPHOST_PLUGIN("org.example.e2e-probe", PROBE_VERSION, ProbeMapper);
