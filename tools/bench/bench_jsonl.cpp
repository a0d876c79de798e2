// bench_jsonl FILE.jsonl [rounds]: MB/s of input, one thread, of the steps that every record goes through: cutting (read,
// lines, hash), reading batches, extracting the text column, escaping it again, splicing it, and writing untouched records.
// A measuring tool, not a test.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "host/base/files.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/batch/splice.hpp"
#include "host/io/sink.hpp"
#include "host/io/source.hpp"

namespace {

using namespace ophost;

[[noreturn]] void die(const Status& status) {
  std::fprintf(stderr, "bench_jsonl: %s\n", status.message().c_str());
  std::exit(status.exit_code());
}

template <class T>
T value(Result<T> r) {
  if (!r.ok()) die(r.status());
  return std::move(*r);
}

// Reads every batch, and times only what `work` does with it.
struct Total {
  double seconds = 0;
  std::uint64_t records = 0, check = 0;
};

Total for_batches(const std::vector<InputFile>& files, const std::vector<InputPartition>& partitions, bool extract,
                  bool time_reading, const std::function<std::uint64_t(Batch&)>& work) {
  Total total;
  Batch batch;
  batch.columns.resize(1);
  batch.columns[0].spec = {"text", ColumnType::kStr};
  for (std::size_t p = 0; p < partitions.size(); ++p) {
    auto reader = value(open_partition(files[partitions[p].file], partitions[p], p));
    while (true) {
      std::int64_t start = monotonic_ns();
      if (!value(reader->next(batch))) break;
      if (!time_reading) {
        if (extract) extract_columns(batch, 0);
        start = monotonic_ns();
      }
      total.check += work(batch);
      total.seconds += static_cast<double>(monotonic_ns() - start) / 1e9;
      total.records += batch.rows();
    }
  }
  return total;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_jsonl FILE.jsonl [rounds]\n");
    return 2;
  }
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 1;
  auto files = value(resolve_sources({{argv[1], 1.0, 0, {}}}));
  for (int round = 0; round < rounds; ++round) {
    std::uint64_t size = 0;
    std::int64_t start = monotonic_ns();
    auto partitions = value(cut_input(files, {}, [&](std::uint64_t, std::uint64_t all) { size = all; }));
    auto report = [&](const char* what, double seconds, std::uint64_t n) {
      std::printf("%-10s %8.0f MB/s  (%llu)\n", what, static_cast<double>(size) / 1e6 / seconds,
                  static_cast<unsigned long long>(n));
    };
    report("cut", static_cast<double>(monotonic_ns() - start) / 1e9, partitions.size());
    auto run = [&](const char* what, bool extract, bool read, const std::function<std::uint64_t(Batch&)>& work) {
      Total t = for_batches(files, partitions, extract, read, work);
      report(what, t.seconds, t.check);
    };
    run("read", false, true, [](Batch& b) { return b.rows(); });
    run("extract", false, false, [](Batch& b) {
      extract_columns(b, 0);
      return b.alive.count();
    });
    std::string out, json;
    run("escape", true, false, [&](Batch& b) {
      out.clear();
      for (std::size_t r = 0; r < b.rows(); ++r)
        if (b.alive.get(r)) append_json_string(out, b.columns[0].str(r));
      return out.size();
    });
    std::vector<Edit> edits(1);
    run("splice", true, false, [&](Batch& b) {
      out.clear();
      for (std::size_t r = 0; r < b.rows(); ++r) {
        if (!b.alive.get(r)) continue;
        json.clear();
        append_json_string(json, b.columns[0].str(r));
        edits[0] = {"text", json};
        splice(b.line(r), edits, out);
        out += '\n';
      }
      return out.size();
    });
    run("untouched", true, false, [&](Batch& b) {
      out.clear();
      for (std::size_t r = 0; r < b.rows(); ++r)
        if (b.alive.get(r)) out.append(b.line(r)) += '\n';
      return out.size();
    });
    const std::string part = std::string(argv[1]) + ".bench-part";
    auto writer = value(open_part(part));
    start = monotonic_ns();
    for_batches(files, partitions, false, true, [&](Batch& b) {
      if (Status s = writer->append(b.bytes, b.rows()); !s.ok()) die(s);
      return 0;
    });
    auto file = value(writer->finish());
    report("copy", static_cast<double>(monotonic_ns() - start) / 1e9, file.bytes);
    if (Status s = remove_file(part); !s.ok()) die(s);
  }
  return 0;
}
