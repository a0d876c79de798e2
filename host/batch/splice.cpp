#include "host/batch/splice.hpp"

#include <algorithm>
#include <cstring>

#include "host/base/json.hpp"
#include "host/batch/batch.hpp"
#include "host/batch/json_strings.hpp"

namespace ophost {
namespace {

// An edit whose path is what is left of it below the object at hand.
struct Task {
  std::string_view path;
  const Edit* edit;
  bool literal;

  std::size_t dot() const { return literal ? std::string_view::npos : path.find('.'); }
  std::string_view head() const { return path.substr(0, dot()); }
  bool leaf() const { return dot() == std::string_view::npos; }
  Task below() const { return {path.substr(dot() + 1), edit, has_literal_keys(head())}; }
};

// The members of an object, as offsets into the line. The line was validated: no check is repeated here.
struct Member {
  std::size_t key, key_end, value, value_end;  // key and key_end enclose the quotes
};

class Splicer {
 public:
  Splicer(std::string_view line, std::string& out)
      : line_(line), end_(line.data() + line.size()), out_(out), kernels_(json_strings::kernels()) {}

  // Writes the object that begins at `begin` with the tasks done. Paths are short, so is this recursion.
  void object(std::size_t begin, const std::vector<Task>& tasks, bool removals_only);
  // Writes the text of a value that exists nowhere yet; nothing when there are only removals.
  void fresh_members(const std::vector<Task>& tasks, bool first);
  bool top_level(const Edit& edit);
  std::size_t skip_space(std::size_t i) const {
    while (i < line_.size() && (line_[i] == ' ' || line_[i] == '\t' || line_[i] == '\r' || line_[i] == '\n')) ++i;
    return i;
  }

 private:
  std::size_t skip_string(std::size_t i) const {
    return static_cast<std::size_t>(kernels_.skip(line_.data() + i + 1, end_, end_).p - line_.data());
  }
  std::size_t skip_value(std::size_t i) const;
  std::size_t members(std::size_t begin, std::vector<Member>& out) const;
  bool named(const Member& m, std::string_view name);
  void raw(std::size_t from, std::size_t to) { out_.append(line_, from, to - from); }

  std::string_view line_;
  const char* end_;
  std::string& out_;
  const json_strings::Kernels& kernels_;
  std::string key_;
};

std::size_t Splicer::skip_value(std::size_t i) const {
  if (line_[i] == '"') return skip_string(i);
  if (line_[i] != '{' && line_[i] != '[') {
    while (i < line_.size() && !std::strchr(",]} \t\r\n", line_[i])) ++i;
    return i;
  }
  std::size_t depth = 0;
  while (i < line_.size()) {
    char c = line_[i];
    if (c == '"') {
      i = skip_string(i);
      continue;
    }
    ++i;
    if (c == '{' || c == '[') ++depth;
    else if ((c == '}' || c == ']') && --depth == 0) break;
  }
  return i;
}

// Fills `out`; returns where the closing brace stands.
std::size_t Splicer::members(std::size_t begin, std::vector<Member>& out) const {
  std::size_t i = skip_space(begin + 1);
  while (i < line_.size() && line_[i] == '"') {
    Member m{};
    m.key = i;
    m.key_end = skip_string(i);
    m.value = skip_space(skip_space(m.key_end) + 1);
    m.value_end = skip_value(m.value);
    out.push_back(m);
    i = skip_space(m.value_end);
    if (i < line_.size() && line_[i] == ',') i = skip_space(i + 1);
  }
  return i;
}

bool Splicer::named(const Member& m, std::string_view name) {
  std::string_view key = line_.substr(m.key + 1, m.key_end - m.key - 2);
  if (key == name) return true;
  if (!std::memchr(key.data(), '\\', key.size())) return false;
  std::size_t pos = 0;
  const char* lone = nullptr;
  const char* key_end = key.data() + key.size() + 1;
  kernels_.unescape(key.data(), key_end, key_end, key_, pos, lone);
  return !lone && std::string_view(key_).substr(0, pos) == name;
}

// Tasks that share a head stand together; the order of first appearance stays.
std::vector<std::vector<Task>> by_head(const std::vector<Task>& tasks) {
  std::vector<std::vector<Task>> groups;
  for (const Task& t : tasks) {
    auto same = std::find_if(groups.begin(), groups.end(), [&](auto& g) { return g[0].head() == t.head(); });
    if (same == groups.end()) groups.push_back({t});
    else same->push_back(t);
  }
  return groups;
}

// The edit of the value itself, or NULL. It wins over edits below it.
const Edit* leaf_of(const std::vector<Task>& group) {
  const Edit* leaf = nullptr;
  for (const Task& t : group)
    if (t.leaf()) leaf = t.edit;
  return leaf;
}

bool only_removals(const std::vector<Task>& group) {
  return std::all_of(group.begin(), group.end(), [](const Task& t) { return t.edit->remove; });
}

std::vector<Task> below(const std::vector<Task>& group) {
  std::vector<Task> out;
  for (const Task& t : group) out.push_back(t.below());
  return out;
}

void Splicer::fresh_members(const std::vector<Task>& tasks, bool first) {
  for (const auto& group : by_head(tasks)) {
    const Edit* leaf = leaf_of(group);
    if (leaf ? leaf->remove : only_removals(group)) continue;
    if (!first) out_ += ", ";
    first = false;
    append_json_string(out_, group[0].head());
    out_ += ": ";
    if (leaf) {
      out_ += leaf->json;
    } else {
      out_ += '{';
      fresh_members(below(group), true);
      out_ += '}';
    }
  }
}

void Splicer::object(std::size_t begin, const std::vector<Task>& tasks, bool removals_only) {
  std::vector<Member> all;
  const std::size_t close = members(begin, all);
  auto groups = by_head(tasks);
  // For each member the group that edits it, and whether it is that name's last occurrence.
  std::vector<int> group_of(all.size(), -1);
  std::vector<int> last(groups.size(), -1);
  for (std::size_t m = 0; m < all.size(); ++m)
    for (std::size_t g = 0; g < groups.size(); ++g)
      if (named(all[m], groups[g][0].head())) {
        group_of[m] = static_cast<int>(g);
        last[g] = static_cast<int>(m);
      }

  raw(begin, all.empty() ? begin + 1 : all[0].key);
  bool first = true;
  for (std::size_t m = 0; m < all.size(); ++m) {
    const std::vector<Task>* group = group_of[m] < 0 ? nullptr : &groups[static_cast<std::size_t>(group_of[m])];
    const Edit* leaf = group ? leaf_of(*group) : nullptr;
    if (leaf && leaf->remove) continue;
    if (!first) raw(all[m - 1].value_end, all[m].key);
    first = false;
    raw(all[m].key, all[m].value);
    const bool is_last = group && last[static_cast<std::size_t>(group_of[m])] == static_cast<int>(m);
    const bool may_write = is_last && !removals_only;
    if (!group || (leaf && !may_write)) {
      raw(all[m].value, all[m].value_end);
    } else if (leaf) {
      out_ += leaf->json;
    } else if (line_[all[m].value] == '{') {
      object(all[m].value, below(*group), !may_write);
    } else if (may_write && !only_removals(*group)) {
      out_ += '{';
      fresh_members(below(*group), true);
      out_ += '}';
    } else {
      raw(all[m].value, all[m].value_end);
    }
  }
  if (!removals_only) {
    std::vector<Task> missing;
    for (std::size_t g = 0; g < groups.size(); ++g)
      if (last[g] < 0) missing.insert(missing.end(), groups[g].begin(), groups[g].end());
    fresh_members(missing, first);
  }
  raw(all.empty() ? begin + 1 : all.back().value_end, std::min(close + 1, line_.size()));
}

// The most frequent case by far, a new value for one top-level member that exists: one pass, no lists. False, with
// nothing written, when it is another case.
bool Splicer::top_level(const Edit& edit) {
  if (edit.remove || (!edit.literal && edit.path.find('.') != std::string_view::npos)) return false;
  std::size_t begin = 0, end = 0;
  std::size_t i = skip_space(skip_space(0) + 1);
  while (i < line_.size() && line_[i] == '"') {
    Member m{};
    m.key = i;
    m.key_end = skip_string(i);
    m.value = skip_space(skip_space(m.key_end) + 1);
    m.value_end = skip_value(m.value);
    if (named(m, edit.path)) {
      begin = m.value;
      end = m.value_end;
    }
    i = skip_space(m.value_end);
    if (i < line_.size() && line_[i] == ',') i = skip_space(i + 1);
  }
  if (end == 0) return false;
  raw(0, begin);
  out_ += edit.json;
  raw(end, line_.size());
  return true;
}

}  // namespace

void splice(std::string_view line, const std::vector<Edit>& edits, std::string& out) {
  // A new whole record replaces the line; the other edits apply to it.
  for (const Edit& e : edits)
    if (e.path == "$record") line = e.json;
  std::vector<Task> tasks;
  for (const Edit& e : edits)
    if (e.path != "$record") tasks.push_back({e.path, &e, e.literal});
  if (tasks.empty()) {
    out += line;
    return;
  }
  Splicer splicer(line, out);
  if (tasks.size() == 1 && splicer.top_level(*tasks[0].edit)) return;
  const std::size_t begin = splicer.skip_space(0);
  out.append(line, 0, begin);
  std::size_t tail = line.size();
  while (tail > 0 && line[tail - 1] != '}') --tail;
  splicer.object(begin, tasks, false);
  out.append(line, tail);
}

}  // namespace ophost
