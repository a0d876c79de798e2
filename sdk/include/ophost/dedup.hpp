/* ophost/dedup.hpp: deduplicators. Records with an equal i-th key are linked; the first of a
 * component stays.
 *
 *   std::size_t width();                                     2 * number of keys; a key is (high,
 * low) void keys(std::string_view text, std::uint64_t* out);    fills width() values void
 * keys(std::string_view text, std::uint64_t* out, std::string* hash); the second written column
 * too; `hash` is empty, or NULL when nobody wants it void keys(const Row& in, std::uint64_t* out [,
 * std::string* hash]);   several columns std::int64_t rank(std::string_view text | const Row& in);
 * optional: the lowest rank stays */
#pragma once

#include "ophost/instance.hpp"

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

template <class Op>
struct DedupThunks {
  OPHOST_DETAIL_CONST(Op, HasTextKeys, "keys()");
  OPHOST_DETAIL_CONST(Op, HasTextKeysHash, "keys()");
  OPHOST_DETAIL_CONST(Op, HasRowKeys, "keys()");
  OPHOST_DETAIL_CONST(Op, HasRowKeysHash, "keys()");
  static constexpr bool kText = HasTextKeys<Op&>::value || HasTextKeysHash<Op&>::value;
  static constexpr bool kHash = HasTextKeysHash<Op&>::value || HasRowKeysHash<Op&>::value;
  static constexpr bool kRank = HasTextRank<Op&>::value || HasRowRank<Op&>::value;
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
  static constexpr oph_dedup_api kApi = {sizeof(oph_dedup_api), 0, &keys, kRank ? &rank : nullptr};

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
