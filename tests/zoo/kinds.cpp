// The zoo's operators of the other kinds: each does its work, and at texts that hold the marker does harm in the function that
// its parameter `in` names. Built as it is (1.0.0) and mended (ZOO_MENDED, 1.0.1). Written with the C++ wrapper, as most are.
#include <cstdlib>
#include <stdexcept>

#include "ophost/ophost.hpp"

namespace ophost {
namespace {

#ifdef ZOO_MENDED
constexpr bool kMended = true;
#else
constexpr bool kMended = false;
#endif

#define ZOO_PARAMS                                                        \
  OPHOST_PARAMS(OPHOST_PARAM("fault", "string", "\"throw\"", "throw or segv."), \
                OPHOST_PARAM("in", "string", "\"\"", "Which of its functions does harm; empty = all."))

class Harm {
 public:
  explicit Harm(const Params& p) : fault_(p.get_string("fault")), in_(p.get_string("in")) {}
  void at(std::string_view text, std::string_view function) const {
    if (kMended || (!in_.empty() && in_ != function) || text.find("POISON") == std::string_view::npos) return;
    if (fault_ == "segv") {
      static const char* volatile nowhere = nullptr;
      sink_ = *nowhere;
    }
    throw std::runtime_error("thrown by the zoo");
  }

 private:
  std::string fault_, in_;
  static inline volatile char sink_ = 0;
};

class ZooFilter {
 public:
  static constexpr auto kInfo = filter("zoo_filter").summary("Keeps everything.").params(ZOO_PARAMS)
                                    .reads("$text_key").writes("__dj__stats__.zoo_size:i64").promises(kPure);
  ZooFilter(const Params& p, Host) : harm_(p) {}
  std::int64_t stat(std::string_view text) const {
    harm_.at(text, "stats");
    return static_cast<std::int64_t>(text.size());
  }
  bool keep(std::int64_t) const { return true; }

 private:
  Harm harm_;
};

class ZooFlatMapper {
 public:
  static constexpr auto kInfo = flat_mapper("zoo_flat_mapper").summary("Every record twice.").params(ZOO_PARAMS)
                                    .reads("$text_key").writes("$text_key").promises(kPure);
  ZooFlatMapper(const Params& p, Host) : harm_(p) {}
  void map(std::string_view text, Emit& emit) const {
    emit(text);
    harm_.at(text, "map");
    emit(text);
  }

 private:
  Harm harm_;
};

class ZooDeduplicator {
 public:
  static constexpr auto kInfo = deduplicator("zoo_deduplicator").summary("Equal sizes are equal, the longest text stays.").params(ZOO_PARAMS)
                                    .reads("$text_key").writes("$keys:u64x").promises(kDeterministic);
  ZooDeduplicator(const Params& p, Host) : harm_(p) {}
  std::size_t width() const { return 2; }
  void keys(std::string_view text, std::uint64_t* out) const {
    harm_.at(text, "keys");
    out[0] = text.size() / 8;
    out[1] = 1;
  }
  std::int64_t rank(std::string_view text) const {
    harm_.at(text, "rank");
    return -static_cast<std::int64_t>(text.size());
  }

 private:
  Harm harm_;
};

class ZooSelector {
 public:
  static constexpr auto kInfo = selector("zoo_selector").summary("Texts of even size, the others after them.").params(ZOO_PARAMS)
                                    .reads("$text_key").promises(kDeterministic);
  struct State {
    std::uint64_t bytes = 0;
  };
  ZooSelector(const Params& p, Host) : harm_(p) {}
  void update(State& s, const Row& in) const {
    harm_.at(in.str(0), "update");
    s.bytes += in.str(0).size();
  }
  void merge(State& into, const State& from) const { into.bytes += from.bytes; }
  void save(const State& s, std::string& bytes) const { bytes = std::to_string(s.bytes); }
  void load(State& s, std::string_view bytes, std::uint32_t) const { s.bytes = std::strtoull(std::string(bytes).c_str(), nullptr, 10); }
  void finish(State& s, std::string& decision) const { decision = std::to_string(s.bytes); }
  void apply(std::string_view, const BatchView& in, std::int64_t* order) const {
    in.for_each_live([&](std::uint64_t r) {
      harm_.at(in.row(r).str(0), "apply");
      order[r] = static_cast<std::int64_t>(in.row(r).str(0).size() % 2);
    });
  }

 private:
  Harm harm_;
};

class ZooGrouper {
 public:
  static constexpr auto kInfo = grouper("zoo_grouper").summary("One record of all texts of a size.").params(ZOO_PARAMS)
                                    .reads("$text_key").writes("$text_key").promises(kDeterministic);
  ZooGrouper(const Params& p, Host) : harm_(p) {}
  void key(const Row& in, std::string& key) const {
    harm_.at(in.str(0), "key");
    key = std::to_string(in.str(0).size());
  }
  void emit(const BatchView& group, Emit& out) const {
    std::string all;
    group.for_each_live([&](std::uint64_t r) { all += group.row(r).str(0); });
    out(all);
  }

 private:
  Harm harm_;
};

}  // namespace

}  // namespace ophost

#ifdef ZOO_MENDED
#define ZOO_VERSION "1.0.1"
#else
#define ZOO_VERSION "1.0.0"
#endif
OPHOST_PLUGIN("org.example.zoo-kinds", ZOO_VERSION, ophost::ZooFilter, ophost::ZooFlatMapper, ophost::ZooDeduplicator, ophost::ZooSelector,
              ophost::ZooGrouper);
