/* ophost/instance.hpp: an author's object behind the opaque oph_op, and the loop over the rows of a
 * batch.
 *
 * The border: nothing but a status leaves these functions. Thread rule: calls to one instance come
 * one at a time unless OPH_P_CONCURRENT is promised; debug builds refuse a second caller. */
#pragma once

#include <atomic>
#include <type_traits>

#include "ophost/out.hpp"
#include "ophost/params.hpp"

/* Answers at compile time whether an operator (or a const one) has a member function. */
#define OPHOST_DETAIL_DETECT(trait, ...) \
  template <class Op, class = void>      \
  struct trait : std::false_type {};     \
  template <class Op>                    \
  struct trait<Op, std::void_t<decltype(__VA_ARGS__)>> : std::true_type {}

/* A promise of OPH_P_CONCURRENT is checked by the compiler: the functions called must be const. */
#define OPHOST_DETAIL_CONST(Op, trait, member)                                   \
  static_assert(!trait<Op&>::value || trait<::ophost::detail::Self<Op>&>::value, \
                "the operator promises kConcurrent, so its function " member " must be const")

namespace ophost::detail {

template <class Op>
inline constexpr bool kConcurrentOp = Op::kInfo.promised(OPH_P_CONCURRENT);

/** The operator as calls see it: const when many threads may call at once. */
template <class Op>
using Self = std::conditional_t<kConcurrentOp<Op>, const Op, Op>;

template <class Op>
struct Instance {
  Instance(const Params& params, const Host& h) : host(h), op(params, h) {}
  Host host;
  Op op;
#ifndef NDEBUG
  std::atomic<int> inside{0};
#endif
};

/** Refuses two calls at once on an instance that did not promise to bear them (debug builds). */
class CallCheck {
 public:
  template <class I>
  CallCheck([[maybe_unused]] I& instance, [[maybe_unused]] bool concurrent) {
#ifndef NDEBUG
    inside_ = &instance.inside;
    if (inside_->fetch_add(1) != 0 && !concurrent) {
      inside_->fetch_sub(1);
      throw std::logic_error(
          "two calls at once on an instance that does not promise OPH_P_CONCURRENT");
    }
#endif
  }
  ~CallCheck() {
#ifndef NDEBUG
    inside_->fetch_sub(1);
#endif
  }
  CallCheck(const CallCheck&) = delete;
  CallCheck& operator=(const CallCheck&) = delete;

 private:
#ifndef NDEBUG
  std::atomic<int>* inside_ = nullptr;
#endif
};

/** Runs body(op, host) on the instance behind `self`. */
template <class Op, class Body>
oph_status call(oph_op* self, oph_error* error, Body&& body) noexcept {
  return guarded(error, [&] {
    auto* instance = reinterpret_cast<Instance<Op>*>(self);
    const CallCheck check(*instance, kConcurrentOp<Op>);
    body(static_cast<Self<Op>&>(instance->op), instance->host);
  });
}

/** Asks the host now and then whether to stop: every 16 rows or 64 KiB of text, whichever comes
 * first. */
class CancelPoll {
 public:
  explicit CancelPoll(const Host& host) : host_(&host) {}
  void spend(std::size_t bytes) {
    budget_ -= static_cast<std::int64_t>(bytes) + kBudget / 16;
    if (budget_ >= 0) return;
    budget_ = kBudget;
    host_->check_cancelled();
  }

 private:
  static constexpr std::int64_t kBudget = 65536;
  const Host* host_;
  std::int64_t budget_ = 0;
};

/** Calls f(row) for every live row; a RecordError costs that row only. */
template <class F>
void for_each_row(const BatchView& in, const Out& out, const Host& host, F&& f) {
  CancelPoll poll(host);
  for (std::uint64_t r = 0; r < in.size(); ++r) {
    if (!in.live(r)) continue;
    try {
      poll.spend(f(r));
    } catch (const RecordError& e) {
      out.row_error(r, e.code(), e.what());
    }
  }
}

/** The text of a row's first column, or a RecordError that names the column. */
template <class Op>
std::string_view text_of(const StrColumn& column, std::uint64_t row) {
  if (!column.valid(row)) {
    throw RecordError(std::string("the field ") + Op::kInfo.read_paths.items[0] +
                      " is null or missing");
  }
  return column[row];
}

template <class Op>
struct CommonThunks {
  static oph_op* OPH_CALL create(const oph_host* host, const oph_op_desc*, oph_str params,
                                 oph_error* error) noexcept {
    Instance<Op>* made = nullptr;
    guarded(error, [&] { made = new Instance<Op>(Params(from_abi(params)), Host(host)); });
    return reinterpret_cast<oph_op*>(made);
  }
  static void OPH_CALL destroy(oph_op* self) noexcept {
    delete reinterpret_cast<Instance<Op>*>(self);
  }
  static constexpr oph_common_api kApi = {sizeof(oph_common_api), 0, &create, &destroy, nullptr};
};

}  // namespace ophost::detail
