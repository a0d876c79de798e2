// document_line_deduplicator.cpp: see the header. Owner: plugins/dedup.
#include "plugins/dedup/document_line_deduplicator.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace ophost::dedup {
namespace {

// The decision is one of these and, after kDelete, the hashes of the lines that go.
constexpr char kLeaveHashes = 'h', kDelete = 'd';

bool before(const Md5& a, const Md5& b) {
  return std::memcmp(a.bytes, b.bytes, sizeof a.bytes) < 0;
}
bool same(const Md5& a, const Md5& b) {
  return std::memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

}  // namespace

DocumentLineDeduplicator::DocumentLineDeduplicator(const Params& params, Host host)
    : rules_(params), threshold_(params.get_int("frequency_threshold")), host_(host) {}

void DocumentLineDeduplicator::update(State& state, const BatchView& in) const {
  const StrColumn text = in.str(0);
  detail::CancelPoll poll(host_);
  std::vector<Md5> lines;
  std::string scratch;
  in.for_each_live([&](std::uint64_t r) {
    ++state.documents;
    if (!text.valid(r)) return;
    lines.clear();
    for_each_line(text[r], [&](std::string_view line) {
      if (!rules_.exempt(line)) lines.push_back(rules_.hash(line, scratch));
    });
    std::sort(lines.begin(), lines.end(), before);
    lines.erase(std::unique(lines.begin(), lines.end(), same), lines.end());
    for (const Md5& line : lines) state.add(line);  // a record counts once
    poll.spend(text[r].size());
  });
}

void DocumentLineDeduplicator::finish(State& state, std::string& decision) const {
  if (state.documents <= 1) {
    decision = kLeaveHashes;
  } else {
    decision = kDelete + state.above(threshold_);
  }
}

void DocumentLineDeduplicator::rewrite(std::string_view decision, const BatchView& in,
                                       const Out& out) const {
  const StrColumn text = in.str(0);
  const bool leave = decision.substr(0, 1) == std::string_view(&kLeaveHashes, 1);
  const std::string_view hashes = decision.substr(std::min<std::size_t>(1, decision.size()));
  std::string scratch, kept, list;
  detail::for_each_row(in, out, host_, [&](std::uint64_t r) -> std::size_t {
    const std::string_view t = detail::text_of<DocumentLineDeduplicator>(text, r);
    bool deleted = false, first = true;
    kept.clear();
    list = "[";
    for_each_line(t, [&](std::string_view line) {
      if (leave) {
        if (list.size() > 1) list += ", ";
        list += '"';
        if (!rules_.exempt(line)) list += rules_.hash(line, scratch).hex();
        list += '"';
      } else if (!hashes.empty()) {
        if (!rules_.exempt(line) && is_among(hashes, rules_.hash(line, scratch))) {
          deleted = true;
          return;
        }
        if (!first) kept += '\n';
        first = false;
        kept += line;
      }
    });
    if (deleted)
      out.append(0, r, kept);
    else
      out.keep_input(0, r);
    if (leave)
      out.append(1, r, list + "]");
    else
      out.keep_input(1, r);
    return t.size();
  });
}

}  // namespace ophost::dedup
