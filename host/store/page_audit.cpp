// LMDB's pages, checked. See page_audit.hpp. The layout is that of LMDB 0.9 on a 64-bit machine:
// pages with a header of 16 bytes (number, padding, flags, then lower and upper bound of the free
// space, or the count of overflow pages), an array of offsets that grows up, and nodes of 8 bytes +
// key + data that grow down.
#include "host/store/page_audit.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "host/base/files.hpp"

namespace ophost {

namespace {

constexpr std::uint32_t kMagic = 0xBEEFC0DE, kVersion = 1;
constexpr std::size_t kPageHeader = 16, kNodeHeader = 8;
constexpr std::uint16_t kBranch = 1, kLeaf = 2, kOverflow = 4, kMeta = 8, kDirty = 16;
constexpr std::uint16_t kBigData = 1, kSubData = 2;
constexpr std::uint16_t kIntegerKey = 8;
constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
constexpr std::size_t kFirstPage = 2;  // after the two meta pages
constexpr int kDeepest = 32;           // LMDB's own limit (CURSOR_STACK)
constexpr std::uint64_t kMostUnwritten = 1u << 22;

template <class T>
T load(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

struct Tree {
  std::uint32_t pad;
  std::uint16_t flags, depth;
  std::uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
};
constexpr std::size_t kTreeBytes = 48;
static_assert(sizeof(Tree) == kTreeBytes);

struct Meta {
  std::uint32_t magic, version;
  std::uint64_t address, map_size;
  Tree trees[2];  // the free list, the main database
  std::uint64_t last_page, txn_id;
  std::uint32_t page_size() const { return trees[0].pad; }
};
static_assert(sizeof(Meta) == 136);

Status damaged(const std::string& path, const std::string& what) {
  return Status::store("'" + path + "' is damaged: " + what);
}

Status read_meta(int fd, const std::string& path, std::uint64_t offset, Meta& meta) {
  char bytes[kPageHeader + sizeof(Meta)];
  OPH_ASSIGN(std::size_t n, read_at(fd, bytes, sizeof bytes, offset, path));
  if (n != sizeof bytes) return damaged(path, "it ends inside its first pages");
  if (load<std::uint16_t>(bytes + 10) != kMeta)
    return damaged(path, "a meta page is not marked as one");
  meta = load<Meta>(bytes + kPageHeader);
  return {};
}

class Walk {
 public:
  Walk(int fd, const std::string& path, const Meta& meta, std::uint64_t file_pages)
      : fd_(fd), path_(path), meta_(meta), size_(meta.page_size()), used_(file_pages) {}

  Status run() {
    for (std::uint64_t p = 0; p < kFirstPage; ++p) OPH_TRY(use(p, "meta"));
    if (meta_.trees[0].flags != kIntegerKey || meta_.trees[1].flags != 0)
      return damaged(path_, "the flags of a meta page are not as LMDB writes them");
    // The free list last: its pages and what it lists must be disjoint from everything in use.
    OPH_TRY(tree(meta_.trees[1], "main", Kind::kMain));
    for (const auto& [name, sub] : named_) {
      if (sub.flags != 0) return damaged(path_, "the database '" + name + "' has unknown flags");
      OPH_TRY(tree(sub, name, Kind::kNamed));
    }
    return tree(meta_.trees[0], "free list", Kind::kFree);
  }

 private:
  enum class Kind { kMain, kNamed, kFree };
  struct Bounds {  // keys of a subtree: low <= key < high, where they are set
    std::string low, high;
    bool has_low = false, has_high = false;
  };

  Status page_error(std::uint64_t page, const std::string& tree, const std::string& what) const {
    return damaged(path_, "page " + std::to_string(page) + " of '" + tree + "': " + what);
  }

  Status use(std::uint64_t page, const std::string& tree, std::uint64_t count = 1) {
    for (std::uint64_t p = page; p < page + count; ++p) {
      if (p >= used_.size()) return page_error(p, tree, "it lies beyond the end of the file");
      if (p > meta_.last_page) return page_error(p, tree, "it was never allocated");
      if (used_[p]) return page_error(p, tree, "it is in use twice");
      used_[p] = true;
    }
    return {};
  }

  // -1, 0, 1. The free list's keys are transaction numbers in the machine's order.
  static int order(std::string_view a, std::string_view b, Kind kind) {
    if (kind == Kind::kFree) {
      auto x = load<std::uint64_t>(a.data()), y = load<std::uint64_t>(b.data());
      return x < y ? -1 : x > y;
    }
    int c = a.compare(b);  // memcmp, then length: LMDB's default order
    return c < 0 ? -1 : c > 0;
  }

  Status tree(const Tree& t, const std::string& name, Kind kind) {
    Tree seen{};
    if (t.root == kNoPage) {
      if (t.entries != 0 || t.depth != 0)
        return damaged(path_, "the database '" + name + "' has entries but no root");
      return {};
    }
    if (t.depth == 0 || t.depth > kDeepest)
      return damaged(path_, "the database '" + name + "' has an impossible depth");
    OPH_TRY(subtree(t.root, t.depth, {}, name, kind, seen));
    if (seen.branch_pages != t.branch_pages || seen.leaf_pages != t.leaf_pages ||
        seen.overflow_pages != t.overflow_pages || seen.entries != t.entries)
      return damaged(path_, "the counts of the database '" + name + "' do not match its pages");
    return {};
  }

  Status subtree(std::uint64_t number, int depth, const Bounds& bounds, const std::string& name,
                 Kind kind, Tree& seen) {
    OPH_TRY(use(number, name));
    std::vector<char> page(size_);
    OPH_ASSIGN(std::size_t n, read_at(fd_, page.data(), size_, number * size_, path_));
    auto bad = [&](const std::string& what) { return page_error(number, name, what); };
    if (n != size_) return bad("the file ends inside it");
    const char* p = page.data();
    if (load<std::uint64_t>(p) != number) return bad("it carries another page's number");
    auto flags = load<std::uint16_t>(p + 10), lower = load<std::uint16_t>(p + 12),
         upper = load<std::uint16_t>(p + 14);
    bool leaf = depth == 1;
    if (flags != (leaf ? kLeaf : kBranch)) return bad("it is not of the expected kind");
    if (lower < kPageHeader || lower > upper || upper > size_ || lower % 2 != 0)
      return bad("its bounds are impossible");
    std::size_t count = (lower - kPageHeader) / 2;
    if (count == 0 || (!leaf && count < 2)) return bad("it has too few nodes");
    ++(leaf ? seen.leaf_pages : seen.branch_pages);

    std::vector<std::string_view> keys(count);
    std::vector<const char*> nodes(count);
    for (std::size_t i = 0; i < count; ++i) {
      auto at = load<std::uint16_t>(p + kPageHeader + 2 * i);
      if (at < upper || at % 2 != 0 || at + kNodeHeader > size_)
        return bad("a node lies outside of it");
      nodes[i] = p + at;
      auto key_size = load<std::uint16_t>(nodes[i] + 6);
      if (at + kNodeHeader + key_size > size_) return bad("a key runs out of it");
      keys[i] = {nodes[i] + kNodeHeader, key_size};
      if (!leaf && i == 0) continue;  // a branch's first key is not used
      if (key_size == 0 || (kind == Kind::kFree && key_size != 8))
        return bad("a key has an impossible size");
      if (bounds.has_low && order(keys[i], bounds.low, kind) < 0)
        return bad("a key is too small for its place");
      if (bounds.has_high && order(keys[i], bounds.high, kind) >= 0)
        return bad("a key is too large for its place");
      if (i > (leaf ? 0u : 1u) && order(keys[i - 1], keys[i], kind) >= 0)
        return bad("its keys are out of order");
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (leaf) {
        OPH_TRY(leaf_node(number, nodes[i], p + size_, keys[i], name, kind, seen));
        continue;
      }
      Bounds inner = bounds;
      if (i > 0) inner.low = keys[i], inner.has_low = true;
      if (i + 1 < count) inner.high = keys[i + 1], inner.has_high = true;
      std::uint64_t child = load<std::uint16_t>(nodes[i]) |
                            std::uint64_t{load<std::uint16_t>(nodes[i] + 2)} << 16 |
                            std::uint64_t{load<std::uint16_t>(nodes[i] + 4)} << 32;
      OPH_TRY(subtree(child, depth - 1, inner, name, kind, seen));
    }
    return {};
  }

  Status leaf_node(std::uint64_t number, const char* node, const char* end, std::string_view key,
                   const std::string& name, Kind kind, Tree& seen) {
    auto bad = [&](const std::string& what) { return page_error(number, name, what); };
    std::uint64_t size = load<std::uint16_t>(node) | std::uint64_t{load<std::uint16_t>(node + 2)}
                                                         << 16;
    auto flags = load<std::uint16_t>(node + 4);
    const char* data = key.data() + key.size();
    ++seen.entries;
    bool big = flags == kBigData;
    if (!big && flags != (kind == Kind::kMain ? kSubData : 0))
      return bad("a node has unknown flags");
    if (big != lies_in_overflow(key.size(), size, size_))
      return bad("a value lies where it should not");
    if (kind == Kind::kMain && big) return bad("a database's description has an impossible size");
    if (static_cast<std::size_t>(end - data) < (big ? sizeof(std::uint64_t) : size))
      return bad("a value runs out of it");
    if (kind == Kind::kMain) {
      if (size != kTreeBytes) return bad("a database's description has an impossible size");
      named_.emplace_back(std::string(key), load<Tree>(data));
      return {};
    }
    std::uint64_t first = 0;
    if (big) {
      first = load<std::uint64_t>(data);
      std::uint64_t pages = (kPageHeader - 1 + size) / size_ + 1;
      OPH_TRY(use(first, name, pages));
      seen.overflow_pages += pages;
    }
    if (kind != Kind::kFree) return {};
    std::string list(data, big ? 0 : size);
    if (big) {
      list.resize(kPageHeader + size);
      OPH_ASSIGN(std::size_t n, read_at(fd_, list.data(), list.size(), first * size_, path_));
      if (n != list.size()) return page_error(first, name, "the file ends inside it");
      if (load<std::uint64_t>(list.data()) != first ||
          !overflow_header_holds(list.data() + kPageHeader, size, size_))
        return page_error(first, name, "its header does not fit its size");
      list.erase(0, kPageHeader);
    }
    return free_pages(number, list);
  }

  Status free_pages(std::uint64_t number, std::string_view list) {
    auto bad = [&](const std::string& what) { return page_error(number, "free list", what); };
    if (list.size() < 8 || list.size() % 8 != 0) return bad("a list has an impossible size");
    auto count = load<std::uint64_t>(list.data());
    if (count > list.size() / 8 - 1) return bad("a list is longer than its value");
    std::uint64_t above = kNoPage;
    for (std::uint64_t i = 1; i <= count; ++i) {
      auto page = load<std::uint64_t>(list.data() + 8 * i);
      if (page < kFirstPage || page > meta_.last_page || page >= above)
        return bad("a list names an impossible page");
      above = page;
      if (page >= used_.size()) continue;  // allocated and freed without ever being written
      if (used_[page]) return bad("page " + std::to_string(page) + " is listed as free but in use");
      used_[page] = true;
    }
    return {};
  }

  int fd_;
  const std::string& path_;
  const Meta& meta_;
  std::size_t size_;
  std::vector<bool> used_;  // one bit per page of the file
  std::vector<std::pair<std::string, Tree>> named_;
};

}  // namespace

Status audit_header(int fd, const std::string& path) {
  struct stat st {};
  if (::fstat(fd, &st) != 0)
    return Status::os(Code::kStore, "cannot look at '" + path + "'", errno);
  if (st.st_size == 0) return {};
  Meta a{}, b{};
  OPH_TRY(read_meta(fd, path, 0, a));
  std::uint32_t size = a.page_size();
  if (a.magic != kMagic) return damaged(path, "it does not begin as an LMDB file");
  if (a.version != kVersion)
    return damaged(path, "its LMDB version is " + std::to_string(a.version) + " instead of " +
                             std::to_string(kVersion));
  if (size < 256 || size > 32768 || (size & (size - 1)) != 0)
    return damaged(path, "its page size is impossible");
  OPH_TRY(read_meta(fd, path, size, b));
  if (b.magic != kMagic || b.version != kVersion || b.page_size() != size)
    return damaged(path, "its two meta pages do not agree");
  return {};
}

Result<bool> audit_pages(int fd, const std::string& path, std::uint64_t txn_id) {
  struct stat st {};
  if (::fstat(fd, &st) != 0)
    return Status::os(Code::kStore, "cannot look at '" + path + "'", errno);
  Meta first{}, meta{};
  OPH_TRY(read_meta(fd, path, 0, first));
  OPH_TRY(read_meta(fd, path, (txn_id & 1) * first.page_size(), meta));
  if (meta.txn_id != txn_id) return false;
  std::uint64_t pages = static_cast<std::uint64_t>(st.st_size) / meta.page_size();
  if (meta.last_page < kFirstPage - 1 || meta.last_page > pages + kMostUnwritten)
    return damaged(path, "its last page's number is impossible");
  OPH_TRY(Walk(fd, path, meta, pages).run());
  return true;
}

bool lies_in_overflow(std::size_t key_size, std::size_t size, std::size_t page_size) {
  std::size_t largest_node = ((page_size - kPageHeader) / 2 & ~std::size_t{1}) - 2;
  return kNodeHeader + key_size + size > largest_node;
}

bool overflow_header_holds(const char* value, std::size_t size, std::size_t page_size) {
  const char* page = value - kPageHeader;
  return (load<std::uint16_t>(page + 10) & ~kDirty) == kOverflow &&
         load<std::uint32_t>(page + 12) == (kPageHeader - 1 + size) / page_size + 1;
}

}  // namespace ophost
