// PartWriter: the output of one task.
#include <unistd.h>

#include <atomic>

#include "host/io/output_file.hpp"
#include "host/io/sink.hpp"

namespace ophost {
namespace {

class FilePart : public PartWriter {
 public:
  FilePart(std::unique_ptr<OutputFile> file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Status append(std::string_view lines, std::uint64_t records) override {
    records_ += records;
    return file_->write(lines);
  }

  Result<ExportedFile> finish() override {
    OPH_TRY(file_->sync());
    OPH_TRY(file_->rename_to(path_));
    OPH_TRY(fsync_directory_of(path_));
    return ExportedFile{path_, file_->bytes(), records_, file_->content()};
  }

 private:
  std::unique_ptr<OutputFile> file_;
  std::string path_;
  std::uint64_t records_ = 0;
};

}  // namespace

Result<std::unique_ptr<PartWriter>> open_part(const std::string& final_path) {
  // Two attempts at one part may run at once, in one process or in two.
  static std::atomic<unsigned> attempt{0};
  OPH_ASSIGN(auto file, OutputFile::create(final_path + ".tmp." + std::to_string(::getpid()) + "." +
                                           std::to_string(attempt++)));
  return std::unique_ptr<PartWriter>(std::make_unique<FilePart>(std::move(file), final_path));
}

}  // namespace ophost
