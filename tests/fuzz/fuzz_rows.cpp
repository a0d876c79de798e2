// Rows entries (records that operators made) and their quarantine: any bytes in a blob are records or a store error.
#include "host/run/rows.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ophost;

namespace {

class Blob : public BlobReader {
 public:
  explicit Blob(std::vector<std::string> frames) : frames_(std::move(frames)) {
    for (std::size_t i = 0; i < frames_.size(); ++i)
      info_.frames.push_back({frames_[i].size(), 0, 0, i + 1 == frames_.size() && i > 2 ? kRowsQuarantineLabel : kRowsLabel});
    info_.manifest = "{}";
  }
  const BlobInfo& info() const override { return info_; }
  Status read_frame(std::size_t i, std::string& out) override {
    out = frames_.at(i);
    return {};
  }

 private:
  std::vector<std::string> frames_;
  BlobInfo info_;
};

// A store of one blob.
class OneBlob : public BlobStore {
 public:
  explicit OneBlob(std::vector<std::string> frames) : frames_(std::move(frames)) {}
  Result<std::unique_ptr<BlobReader>> open_blob(const Fingerprint&) override {
    return std::unique_ptr<BlobReader>(std::make_unique<Blob>(frames_));
  }
  Result<std::optional<BlobInfo>> find(const Fingerprint&) override { return std::optional<BlobInfo>(Blob(frames_).info()); }
  Result<std::unique_ptr<BlobWriter>> new_blob() override { return no(); }
  Status commit(std::vector<PendingBlob>, const std::string&) override { return no(); }
  Status erase(const std::vector<Fingerprint>&) override { return no(); }

 private:
  static Status no() { return Status::store("a store of one blob cannot do that"); }
  std::vector<std::string> frames_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  // Some proper entries first, when asked for, so that the rest follows where a reader is in the middle of things.
  std::string all;
  std::size_t proper = in.byte() % 5;
  for (std::size_t i = 0; i < proper; ++i) append_row(all, {1, i + 1, i * 20}, "{\"text\": \"x\"}");
  const std::size_t cut = in.byte();
  const std::string_view rest = in.rest();
  all += rest;
  std::vector<std::string> frames{all.substr(0, std::min(cut, all.size())), all.substr(std::min(cut, all.size()))};
  if (in.flag()) frames.insert(frames.end(), {"", std::string(rest)});
  OneBlob store(frames);
  auto reader = open_rows(store, {}, 0);
  if (reader.ok()) {
    Batch batch;
    std::size_t records = 0, bytes = 0;
    for (;;) {
      auto more = (*reader)->next(batch);
      if (!more.ok()) {
        fuzz::must(more.status().code() == Code::kStore, "damage is a store error");
        break;
      }
      if (!*more) break;
      for (std::size_t r = 0; r < batch.rows(); ++r) bytes += batch.line(r).size();
      records += batch.rows();
      fuzz::must(batch.rows() > 0, "a batch has rows");
    }
    fuzz::must(bytes <= all.size() + rest.size(), "no more comes out than lies there");
    fuzz::must(rest.size() > 0 || records == proper, "what was written is read");
  }
  (void)read_quarantine(store, {}, [](std::string_view) { return Status(); });
  return 0;
}
