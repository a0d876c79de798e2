// SentencePiece behind the C table of interface.h. Owner: plugins/sentencepiece. Any thread.
#include <sentencepiece_processor.h>

#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/sentencepiece/interface.h"

struct ophost_sp_model {
  std::shared_ptr<const sentencepiece::SentencePieceProcessor> processor;
};

namespace {

using sentencepiece::SentencePieceProcessor;

void give(char* error, std::size_t size, std::string_view reason) {
  if (size != 0) std::snprintf(error, size, "%.*s", static_cast<int>(reason.size()), reason.data());
}

// Workers open the same model one after the other: one copy serves them all.
std::shared_ptr<const SentencePieceProcessor> load(const std::string& path) {
  static std::mutex mutex;
  static auto& loaded = *new std::map<std::string, std::weak_ptr<const SentencePieceProcessor>>;
  const std::lock_guard lock(mutex);
  std::weak_ptr<const SentencePieceProcessor>& slot = loaded[path];
  if (auto there = slot.lock()) return there;
  auto fresh = std::make_shared<SentencePieceProcessor>();
  const auto status = fresh->Load(path);
  if (!status.ok()) throw std::runtime_error(status.ToString());
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

int encode(const ophost_sp_model* model, const char* text, std::size_t size,
           ophost_sp_piece_fn piece, void* ctx, char* error, std::size_t error_size) {
  try {
    std::vector<std::string> pieces;
    const auto status = model->processor->Encode(std::string_view(text, size), &pieces);
    if (!status.ok()) {
      give(error, error_size, status.ToString());
      return -1;
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
