// permutation.cpp: see the header. Owner: plugins/selectors.
#include "plugins/selectors/permutation.hpp"

#include <numeric>
#include <utility>

namespace ophost::selectors {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr Wide wide(std::uint64_t high, std::uint64_t low) {
  return Wide{high} << 64 | low;
}

// PCG64 (XSL-RR 128/64) in the state that numpy derives from the seed 42.
class Pcg64 {
 public:
  // numpy halves a 64-bit number and gives the low half first.
  std::uint32_t next32() {
    if (half_left_) {
      half_left_ = false;
      return half_;
    }
    const std::uint64_t both = next64();
    half_left_ = true;
    half_ = static_cast<std::uint32_t>(both >> 32);
    return static_cast<std::uint32_t>(both);
  }
  // Uniform in [0, max]: numbers beyond it are drawn again.
  std::uint32_t up_to(std::uint32_t max) {
    std::uint32_t mask = max;
    for (int shift = 1; shift < 32; shift *= 2) mask |= mask >> shift;
    for (;;) {
      const std::uint32_t v = next32() & mask;
      if (v <= max) return v;
    }
  }

 private:
  std::uint64_t next64() {
    constexpr Wide kFactor = wide(0x2360ed051fc65da4, 0x4385df649fccf645);
    constexpr Wide kStep = wide(0xfa505436c9a8416e, 0x66caf2e28d25abff);
    state_ = state_ * kFactor + kStep;
    const auto high = static_cast<std::uint64_t>(state_ >> 64);
    const std::uint64_t v = high ^ static_cast<std::uint64_t>(state_);
    const unsigned turn = static_cast<unsigned>(high >> 58);
    return v >> turn | v << (-turn & 63);
  }

  Wide state_ = wide(0xcea44f6798798f2a, 0xacbc7c9d68860ac8);
  std::uint32_t half_ = 0;
  bool half_left_ = false;
};

}  // namespace

std::vector<std::uint32_t> numpy_permutation(std::uint32_t n) {
  std::vector<std::uint32_t> p(n);
  std::iota(p.begin(), p.end(), 0u);
  Pcg64 random;
  for (std::uint32_t i = n; i-- > 1;) std::swap(p[i], p[random.up_to(i)]);
  return p;
}

}  // namespace ophost::selectors
