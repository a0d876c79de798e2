// SentencePiece through the library beside the plugin. Owner: plugins/textkit.
#include "plugins/textkit/pieces.hpp"

#include <stdexcept>

#include "plugins/textkit/beside.hpp"
#include "plugins/textkit/lower.hpp"
#include "plugins/textkit/unicode.hpp"

namespace ophost::textkit {
namespace {

constexpr char kLibrary[] = "libophost_sentencepiece.so";

const ophost_sp_api* sentencepiece() {
  return api_beside<ophost_sp_api>(kLibrary, OPHOST_SENTENCEPIECE_SYMBOL, "libsentencepiece-dev",
                          OPHOST_SENTENCEPIECE_VERSION);
}

}  // namespace

PieceScanner::PieceScanner(const std::string& path)
    : api_(sentencepiece()), model_(nullptr, api_->close) {
  char error[512] = "";
  model_.reset(api_->open(path.c_str(), error, sizeof error));
  if (model_ == nullptr) {
    throw ConfigError("'" + path + "' could not be loaded as a sentencepiece model: " + error);
  }
}

Words PieceScanner::scan(std::string_view text, bool refine) {
  refine_ = refine;
  bytes_.clear();
  places_.clear();
  char error[512] = "";
  if (api_->encode(model_.get(), text.data(), text.size(), &take, this, error, sizeof error) != 0) {
    throw RecordError("sentencepiece: " + std::string(error));
  }
  return {bytes_.data(), places_.data(), places_.size()};
}

void PieceScanner::add(std::string_view piece) {
  if (refine_) {
    lower(piece, lowered_);
    piece = strip_special(lowered_);
    if (piece.empty()) return;
  }
  if (bytes_.size() + piece.size() > UINT32_MAX) {
    throw std::length_error("the pieces of this text take more than 4 GiB");
  }
  places_.push_back(
      {static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(piece.size())});
  bytes_.append(piece);
}

void PieceScanner::take(void* self, const char* piece, std::size_t size) {
  static_cast<PieceScanner*>(self)->add({piece, size});
}

std::unique_ptr<PieceScanner> pieces_wanted(const Params& params, const Host& host) {
  if (!params.get_bool("tokenization")) return nullptr;
  return std::make_unique<PieceScanner>(host.resource(params.get_string("lang") + ".sp.model"));
}

}  // namespace ophost::textkit
