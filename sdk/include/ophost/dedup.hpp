/* ophost/dedup.hpp: deduplicators. Records with an equal i-th key are linked; the first of a
 * connected component stays.
 *
 *   std::size_t width();             2 * number of keys; a key is (high, low)
 *   void keys(in, std::uint64_t* out [, std::string* hash]);
 *                                    `in` is std::string_view text, or const Row& for several
 *                                    columns; fills width() values. `hash` is the second written
 *                                    column: empty, or NULL when nobody wants it
 *   std::int64_t rank(in);           optional: the lowest rank of a component stays
 *   void near_keys(const std::uint64_t* keys, std::uint64_t count, const KeyLinker& link);
 *                                    optional, for one key per record (width 2): link(i, j) links
 *                                    the records of two keys that are near but not equal
 *
 * near_keys() is called once, when the keys of all records are known: `keys` holds 2 * count
 * values, distinct keys as (high, low), ascending. It may run long: ask host.cancelled() now and
 * then and return (or call host.check_cancelled()); the wrapper then answers OPH_E_CANCELLED. */
#pragma once

#include "ophost/instance.hpp"

namespace ophost {

/** How near_keys() says that the records of two keys belong together. Valid during that call, on
 * its thread. */
class KeyLinker {
 public:
  KeyLinker(oph_link_fn link, void* ctx) : link_(link), ctx_(ctx) {}
  /** `i` and `j` number keys, both less than `count`; their order and repetitions do not matter. */
  void operator()(std::uint64_t i, std::uint64_t j) const { link_(ctx_, i, j); }

 private:
  oph_link_fn link_;
  void* ctx_;
};

}  // namespace ophost

namespace ophost::detail {

OPHOST_DETAIL_DETECT(HasTextKeys,
                     std::declval<Op>().keys(std::string_view(), std::declval<std::uint64_t*>()));
OPHOST_DETAIL_DETECT(HasTextKeysHash,
                     std::declval<Op>().keys(std::string_view(), std::declval<std::uint64_t*>(),
                                             std::declval<std::string*>()));
OPHOST_DETAIL_DETECT(HasRowKeys, std::declval<Op>().keys(std::declval<const Row&>(),
                                                         std::declval<std::uint64_t*>()));
OPHOST_DETAIL_DETECT(HasRowKeysHash, std::declval<Op>().keys(std::declval<const Row&>(),
                                                             std::declval<std::uint64_t*>(),
                                                             std::declval<std::string*>()));
OPHOST_DETAIL_DETECT(HasTextRank, std::declval<Op>().rank(std::string_view()));
OPHOST_DETAIL_DETECT(HasRowRank, std::declval<Op>().rank(std::declval<const Row&>()));
OPHOST_DETAIL_DETECT(HasNearKeys, std::declval<Op>().near_keys(std::declval<const std::uint64_t*>(),
                                                               std::uint64_t{},
                                                               std::declval<const KeyLinker&>()));

template <class Op>
struct DedupThunks {
  OPHOST_DETAIL_CONST(Op, HasTextKeys, "keys()");
  OPHOST_DETAIL_CONST(Op, HasTextKeysHash, "keys()");
  OPHOST_DETAIL_CONST(Op, HasRowKeys, "keys()");
  OPHOST_DETAIL_CONST(Op, HasRowKeysHash, "keys()");
  OPHOST_DETAIL_CONST(Op, HasNearKeys, "near_keys()");
  static constexpr bool kText = HasTextKeys<Op&>::value || HasTextKeysHash<Op&>::value;
  static constexpr bool kHash = HasTextKeysHash<Op&>::value || HasRowKeysHash<Op&>::value;
  static constexpr bool kRank = HasTextRank<Op&>::value || HasRowRank<Op&>::value;
  static constexpr bool kNear = HasNearKeys<Op&>::value;
  static_assert(kText || HasRowKeys<Op&>::value || HasRowKeysHash<Op&>::value,
                "a deduplicator needs keys(text, out), keys(row, out) or one of them with a hash");
  static_assert(Op::kInfo.write_paths.count == (kHash ? 2 : 1) &&
                    path_name(Op::kInfo.write_paths[0]) == "$keys",
                "a deduplicator writes \"$keys:u64x\" and, if keys() fills a hash, its column");

  static oph_status OPH_CALL keys(oph_op* self, const oph_batch* batch, const oph_out* table,
                                  oph_error* error) noexcept {
    return call<Op>(self, error, [&](Self<Op>& op, const Host& host) {
      const BatchView in(batch);
      const Out out(table);
      const std::size_t width = op.width();
      if (kNear && width != 2) {
        throw std::logic_error("near_keys() is for one key per record: width() must be 2, it is " +
                               std::to_string(width));
      }
      std::uint64_t* values = out.u64x(0, static_cast<std::uint32_t>(width));
      const bool hash_wanted = kHash && out.wanted(1);
      if (values == nullptr && !hash_wanted) return;
      std::vector<std::uint64_t> aside(values == nullptr ? width : 0);
      std::string hash;
      for_each_row(in, out, host, [&](std::uint64_t r) {
        std::uint64_t* to = values == nullptr ? aside.data() : values + r * width;
        hash.clear();
        const std::size_t cost = one_row(op, in, r, to, hash_wanted ? &hash : nullptr);
        if (hash_wanted) out.append(1, r, hash);
        return cost;
      });
    });
  }

  static oph_status OPH_CALL rank(oph_op* self, const oph_batch* batch, std::int64_t* ranks,
                                  oph_error* error) noexcept {
    return call<Op>(self, error, [&]([[maybe_unused]] Self<Op>& op, const Host&) {
      const BatchView in(batch);
      in.for_each_live([&](std::uint64_t r) {
        try {
          if constexpr (HasTextRank<Op&>::value)
            ranks[r] = op.rank(text_of<Op>(in.str(0), r));
          else if constexpr (HasRowRank<Op&>::value)
            ranks[r] = op.rank(in.row(r));
        } catch (const RecordError& e) {
          throw CallError(e.code(), e.what(), static_cast<std::int64_t>(r));
        }
      });
    });
  }

  static oph_status OPH_CALL near_keys(oph_op* self, const std::uint64_t* keys, std::uint64_t count,
                                       oph_link_fn link, void* ctx, oph_error* error) noexcept {
    return call<Op>(self, error, [&]([[maybe_unused]] Self<Op>& op, const Host& host) {
      if constexpr (kNear) op.near_keys(keys, count, KeyLinker(link, ctx));
      host.check_cancelled();  // an author who stopped early has not found all links
    });
  }
  static constexpr oph_dedup_api kApi = {sizeof(oph_dedup_api), 0, &keys, kRank ? &rank : nullptr,
                                         kNear ? &near_keys : nullptr};

 private:
  template <class O>
  static std::size_t one_row(O& op, const BatchView& in, std::uint64_t r, std::uint64_t* to,
                             [[maybe_unused]] std::string* hash) {
    if constexpr (kText) {
      const std::string_view t = text_of<Op>(in.str(0), r);
      if constexpr (kHash)
        op.keys(t, to, hash);
      else
        op.keys(t, to);
      return t.size();
    } else {
      if constexpr (kHash)
        op.keys(in.row(r), to, hash);
      else
        op.keys(in.row(r), to);
      return 0;
    }
  }
};

}  // namespace ophost::detail
