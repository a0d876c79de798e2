// SentencePiece behind the C table of plugins/textkit/sentencepiece_interface.h. Owner: plugins/sentencepiece. Any thread.
#include <sentencepiece_processor.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/textkit/sentencepiece_interface.h"
#include "plugins/sentencepiece/unigram.hpp"

namespace {

struct Model {
  sentencepiece::SentencePieceProcessor processor;
  std::optional<ophost::Unigram> unigram;  // unigram models are segmented by ourselves
};

}  // namespace

struct ophost_sp_model {
  std::shared_ptr<const Model> model;
};

namespace {

void give(char* error, std::size_t size, std::string_view reason) {
  if (size != 0) std::snprintf(error, size, "%.*s", static_cast<int>(reason.size()), reason.data());
}

// Workers open the same model one after the other: one copy serves them all.
std::shared_ptr<const Model> load(const std::string& path) {
  static std::mutex mutex;
  static auto& loaded = *new std::map<std::string, std::weak_ptr<const Model>>;
  const std::lock_guard lock(mutex);
  std::weak_ptr<const Model>& slot = loaded[path];
  if (auto there = slot.lock()) return there;
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) throw std::runtime_error("the file cannot be read");
  auto fresh = std::make_shared<Model>();
  const auto status = fresh->processor.LoadFromSerializedProto(bytes);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  fresh->unigram = ophost::Unigram::read(bytes);
  slot = fresh;
  return fresh;
}

ophost_sp_model* open_model(const char* path, char* error, std::size_t error_size) {
  try {
    return new ophost_sp_model{load(path)};
  } catch (const std::exception& e) {
    give(error, error_size, e.what());
    return nullptr;
  }
}

void close_model(ophost_sp_model* model) {
  delete model;
}

// The text as the model sees it: its pieces joined, bytes that stand for an unknown character put
// back.
std::string normalized(const sentencepiece::SentencePieceProcessor& processor,
                       std::string_view text) {
  std::string joined;
  const auto encoded = processor.EncodeAsImmutableProto(text);
  for (std::size_t i = 0; i < encoded.pieces_size(); ++i) {
    const auto piece = encoded.pieces(static_cast<int>(i));
    if (processor.IsByte(static_cast<int>(piece.id()))) {  // "<0xNN>"
      joined += static_cast<char>(std::strtoul(piece.piece().c_str() + 1, nullptr, 16));
    } else {
      joined += piece.piece();
    }
  }
  return joined;
}

int encode(const ophost_sp_model* model, const char* text, std::size_t size,
           ophost_sp_piece_fn piece, void* ctx, char* error, std::size_t error_size) {
  try {
    std::vector<std::string> pieces;
    const Model& m = *model->model;
    if (m.unigram) {
      m.unigram->segment(normalized(m.processor, {text, size}), pieces);
    } else if (const auto status = m.processor.Encode(std::string_view(text, size), &pieces);
               !status.ok()) {
      throw std::runtime_error(status.ToString());
    }
    for (const std::string& p : pieces) piece(ctx, p.data(), p.size());
    return 0;
  } catch (const std::exception& e) {
    give(error, error_size, e.what());
    return -1;
  }
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const ophost_sp_api ophost_sentencepiece = {
    OPHOST_SENTENCEPIECE_VERSION, &open_model, &close_model, &encode};
