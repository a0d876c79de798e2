// bench_operators: MB of text per CPU second of operators that read the text alone, without a host
// around them. Owner: tools/bench. One thread.
//
//   bench_operators CORPUS.jsonl PLUGIN.so [OPERATOR ['{"parameter": value}']]
//
// CPU time, best of five turns over the corpus in batches of 1000 records: what a neighbour takes
// from the machine counts little. Filters are measured by their statistic, deduplicators by their
// keys.
#include <dlfcn.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "ophost/testing.hpp"

namespace {

struct Corpus {
  std::string bytes;
  std::vector<std::int64_t> offsets{0};
};

Corpus read_corpus(const char* path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error(std::string("cannot read ") + path);
  Corpus corpus;
  for (std::string line; std::getline(in, line);) {
    rapidjson::Document record;
    record.Parse(line.data(), line.size());
    if (!record.IsObject() || !record.HasMember("text") || !record["text"].IsString()) continue;
    corpus.bytes.append(record["text"].GetString(), record["text"].GetStringLength());
    corpus.offsets.push_back(static_cast<std::int64_t>(corpus.bytes.size()));
  }
  return corpus;
}

// An oph_out that takes everything and keeps as little as the cache forgets.
struct Sink {
  std::vector<std::uint64_t> fixed;
  std::string text;
  std::size_t rows = 0;

  static void* OPH_CALL fixed_column(void* ctx, std::uint32_t, std::uint32_t width) {
    auto* self = static_cast<Sink*>(ctx);
    self->fixed.assign(self->rows * width, 0);
    return self->fixed.data();
  }
  static oph_status OPH_CALL append(void* ctx, std::uint32_t, std::uint64_t, const void* p,
                                    std::uint64_t n) {
    auto* self = static_cast<Sink*>(ctx);
    if (self->text.size() > (1u << 20)) self->text.clear();
    self->text.append(static_cast<const char*>(p), n);
    return OPH_OK;
  }
  static oph_status OPH_CALL keep_input(void*, std::uint32_t, std::uint64_t) { return OPH_OK; }
  static oph_status OPH_CALL next_row(void*, std::uint64_t) { return OPH_OK; }
  static void OPH_CALL row_error(void*, std::uint64_t row, std::int32_t, oph_str message) {
    std::fprintf(stderr, "row %llu: %.*s\n", static_cast<unsigned long long>(row),
                 static_cast<int>(message.size), message.data);
  }
  // Only what decides: optional hash columns are not asked for.
  static std::int32_t OPH_CALL wanted(void*, std::uint32_t col) { return col == 0; }

  oph_out table() {
    return {sizeof(oph_out), 0,        this,      fixed_column, append,
            keep_input,      next_row, row_error, wanted};
  }
};

oph_status OPH_CALL find_resource(void*, oph_str name, oph_str* path) {
  *path = name;
  return OPH_OK;
}
void OPH_CALL no_log(void*, std::int32_t, oph_str) {}
std::int32_t OPH_CALL never_cancelled(void*) {
  return 0;
}

double cpu_seconds() {
  std::timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

oph_status call(const oph_op_desc& op, oph_op* self, const oph_batch& batch, const oph_out& out,
                oph_error& error) {
  switch (op.kind) {
    case OPH_KIND_FILTER:
      return static_cast<const oph_filter_api*>(op.vtable)->stats(self, &batch, &out, &error);
    case OPH_KIND_DEDUP:
      return static_cast<const oph_dedup_api*>(op.vtable)->keys(self, &batch, &out, &error);
    default:
      return static_cast<const oph_map_api*>(op.vtable)->process(self, &batch, &out, &error);
  }
}

// Whether the operator needs the text column and nothing else, in a call this program can make.
bool measurable(const oph_op_desc& op) {
  const bool kind = op.kind == OPH_KIND_MAP || op.kind == OPH_KIND_FLATMAP ||
                    op.kind == OPH_KIND_DEDUP ||
                    (op.kind == OPH_KIND_FILTER && op.writes != nullptr);
  return kind && op.derives == nullptr && op.reads != nullptr && op.reads[0] != nullptr &&
         std::string(op.reads[0]) == "$text_key" && op.reads[1] == nullptr;
}

void measure(const oph_op_desc& op, const std::string& given, const Corpus& corpus) {
  char message[1000] = "";
  oph_error error{sizeof error, 0, -1, message, sizeof message};
  oph_host host{};
  host.struct_size = sizeof host;
  host.log = no_log;
  host.cancelled = never_cancelled;
  host.resource = find_resource;
  const std::string params = ophost::testing::detail::canonical_params(op.params_schema, given);
  oph_op* self = op.common->create(&host, &op, ophost::to_abi(params), &error);
  if (self == nullptr) {
    std::printf("%-48s %s\n", op.name, message);
    return;
  }
  constexpr std::size_t kBatch = 1000;
  Sink sink;
  const oph_out out = sink.table();
  const std::vector<std::uint64_t> ids(kBatch);
  const std::size_t rows = corpus.offsets.size() - 1;
  double best = 1e30;
  for (int turn = 0; turn < 5; ++turn) {
    const double begin = cpu_seconds();
    for (std::size_t at = 0; at < rows; at += kBatch) {
      sink.rows = std::min(kBatch, rows - at);
      const oph_column text{OPH_T_STR, 0, nullptr, corpus.offsets.data() + at, corpus.bytes.data()};
      const oph_batch batch{sizeof batch, 1, sink.rows, &text, ids.data(), nullptr, 0, at};
      if (call(op, self, batch, out, error) != OPH_OK) {
        throw std::runtime_error(std::string(op.name) + ": " + message);
      }
    }
    best = std::min(best, cpu_seconds() - begin);
  }
  std::printf("%-48s %8.0f MB/s\n", op.name, static_cast<double>(corpus.bytes.size()) / 1e6 / best);
  op.common->destroy(self);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "bench_operators CORPUS.jsonl PLUGIN.so [OPERATOR ['{...}']]\n");
    return 2;
  }
  try {
    const Corpus corpus = read_corpus(argv[1]);
    void* library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    const auto* plugin = static_cast<const oph_plugin*>(dlsym(library, OPH_ENTRY_SYMBOL));
    if (plugin == nullptr) throw std::runtime_error(dlerror());
    for (std::uint32_t i = 0; i < plugin->op_count; ++i) {
      const oph_op_desc& op = *plugin->ops[i];
      if (argc > 3 ? std::string(argv[3]) != op.name : !measurable(op)) continue;
      measure(op, argc > 4 ? argv[4] : "{}", corpus);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_operators: %s\n", e.what());
    return 1;
  }
  return 0;
}
