// The trie of pieces and the search for the best path. Owner: plugins/sentencepiece.
#include "plugins/sentencepiece/unigram.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace ophost {
namespace {

// The fields of a message in the protocol buffer wire format.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  // Reads the next field; false at the end.
  bool next() {
    if (rest_.empty()) return false;
    const std::uint64_t tag = varint();
    number_ = tag >> 3;
    switch (tag & 7) {
      case 0:
        value_ = varint();
        break;
      case 1:
        bytes_ = take(8);
        break;
      case 2:
        bytes_ = take(varint());
        break;
      case 5:
        bytes_ = take(4);
        break;
      default:
        throw std::runtime_error("a field of the model has an unknown wire type");
    }
    return true;
  }
  std::uint64_t number() const { return number_; }
  std::uint64_t value() const { return value_; }
  std::string_view bytes() const { return bytes_; }
  float real() const {
    float v = 0;
    std::memcpy(&v, bytes_.data(), std::min(bytes_.size(), sizeof v));
    return v;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto b = static_cast<unsigned char>(take(1)[0]);
      v |= std::uint64_t{b & 0x7fu} << shift;
      if (b < 0x80) return v;
    }
    throw std::runtime_error("a number in the model is too long");
  }
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) throw std::runtime_error("the model ends within a field");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_, bytes_;
  std::uint64_t number_ = 0, value_ = 0;
};

std::size_t char_size(char lead) {
  const auto b = static_cast<unsigned char>(lead);
  return b < 0xc0 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
}

}  // namespace

std::optional<Unigram> Unigram::read(std::string_view model) {
  Unigram unigram;
  std::vector<Piece> pieces;
  std::uint64_t type = 1;  // UNIGRAM is the default
  for (Fields field(model); field.next();) {
    if (field.number() == 1) {  // pieces
      Piece piece;
      for (Fields f(field.bytes()); f.next();) {
        if (f.number() == 1) piece.text = f.bytes();
        if (f.number() == 2) piece.score = f.real();
        if (f.number() == 3) piece.type = f.value();
      }
      pieces.push_back(piece);
    } else if (field.number() == 2) {  // trainer_spec
      for (Fields f(field.bytes()); f.next();) {
        if (f.number() == 3) type = f.value();
        if (f.number() == 35) unigram.byte_fallback_ = f.value() != 0;
      }
    }
  }
  if (type != 1) return std::nullopt;
  unigram.build(std::move(pieces));
  return unigram;
}

void Unigram::build(std::vector<Piece> pieces) {
  constexpr float kUnknownPenalty = 10;
  float least = FLT_MAX;
  for (const Piece& p : pieces) {
    if (p.type == kNormal) least = std::min(least, p.score);
  }
  unknown_score_ = least - kUnknownPenalty;
  std::erase_if(pieces, [](const Piece& p) {
    return (p.type != kNormal && p.type != kUserDefined) || p.text.empty();
  });
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return a.text < b.text; });
  // Breadth first: a node's pieces are a stretch of the sorted ones.
  struct Stretch {
    std::size_t begin, end, depth;
  };
  std::vector<Stretch> stretches = {{0, pieces.size(), 0}};
  nodes_.assign(1, {});
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    auto [at, end, depth] = stretches[n];
    if (at < end && pieces[at].text.size() == depth) {
      nodes_[n].ends = true;
      nodes_[n].score = pieces[at].score;
      nodes_[n].user_defined = pieces[at].type == kUserDefined;
      if (nodes_[n].user_defined) {  // always taken, the longest first
        nodes_[n].score = static_cast<float>(0.1 * static_cast<double>(depth - 1));
      }
      ++at;
    }
    nodes_[n].first_child = static_cast<std::uint32_t>(nodes_.size());
    while (at < end) {
      const char byte = pieces[at].text[depth];
      const std::size_t begin = at;
      while (at < end && pieces[at].text[depth] == byte) ++at;
      stretches.push_back({begin, at, depth + 1});
      Node child;
      child.byte = static_cast<std::uint8_t>(byte);
      nodes_.push_back(child);
      ++nodes_[n].children;
    }
  }
}

const Unigram::Node* Unigram::child(const Node& node, char byte) const {
  const auto wanted = static_cast<std::uint8_t>(byte);
  const Node* const begin = nodes_.data() + node.first_child;
  const Node* const end = begin + node.children;
  const Node* const at = std::lower_bound(begin, end, wanted,
                                          [](const Node& n, std::uint8_t b) { return n.byte < b; });
  return at != end && at->byte == wanted ? at : nullptr;
}

void Unigram::segment(std::string_view text, std::vector<std::string>& pieces) const {
  constexpr std::uint32_t kNowhere = UINT32_MAX;
  constexpr float kResetAt = 100000;
  struct Best {  // the best path that ends here
    float score = 0;
    std::uint32_t begin = kNowhere;  // of its last piece
    bool unknown = false;
  };
  if (text.size() >= kNowhere) throw std::length_error("the text has more than 4 GiB");
  std::vector<Best> best(text.size() + 1);
  std::size_t frontier = 0;
  const auto offer = [&](std::size_t begin, std::size_t end, float score, bool unknown) {
    frontier = std::max(frontier, end);
    Best& b = best[end];
    if (b.begin != kNowhere && !(score > b.score)) return;
    b = {score, static_cast<std::uint32_t>(begin), unknown};
  };
  for (std::size_t begin = 0; begin < text.size();) {
    if (std::fabs(best[begin].score) > kResetAt) {  // keeps small differences visible in float32
      const float offset = best[begin].score;
      for (std::size_t i = begin; i <= frontier; ++i) {
        if (i == begin || best[i].begin != kNowhere) best[i].score -= offset;
      }
    }
    const float here = best[begin].score;
    const std::size_t one = std::min(char_size(text[begin]), text.size() - begin);
    bool has_single = false;
    const Node* node = nodes_.data();
    for (std::size_t at = begin; at < text.size();) {
      node = child(*node, text[at++]);
      if (node == nullptr) break;
      if (!node->ends) continue;
      offer(begin, at, node->score + here, false);
      has_single |= at - begin == one;
    }
    if (!has_single) offer(begin, begin + one, unknown_score_ + here, true);
    begin += one;
  }
  pieces.clear();
  bool unknown_before = false;
  std::vector<std::uint32_t> ends;
  for (std::size_t end = text.size(); end > 0; end = best[end].begin) {
    ends.push_back(static_cast<std::uint32_t>(end));
  }
  for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
    const Best& b = best[*end];
    const std::string_view piece = text.substr(b.begin, *end - b.begin);
    if (b.unknown && byte_fallback_) {
      static constexpr char kDigits[] = "0123456789ABCDEF";
      for (const char c : piece) {
        const auto byte = static_cast<unsigned char>(c);
        pieces.push_back(std::string("<0x") + kDigits[byte >> 4] + kDigits[byte & 15] + ">");
      }
    } else if (b.unknown && unknown_before) {
      pieces.back() += piece;
    } else {
      pieces.emplace_back(piece);
    }
    unknown_before = b.unknown;
  }
}

}  // namespace ophost
