// bands.cpp: the integrals behind optimal_bands, for all pairs of bands and rows at once.
// Owner: plugins/dedup. Any thread.
#include "plugins/dedup/bands.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace ophost::dedup {
namespace {

constexpr int kOrder = 16;
// The integrands turn within 1/permutations of an end at the sharpest; panels shrink towards both
// ends.
constexpr int kPanels = 48;

struct Node {
  double x, weight;
};

// Gauss-Legendre on [-1, 1].
std::array<Node, kOrder> legendre() {
  std::array<Node, kOrder> nodes;
  for (int i = 0; i < kOrder; ++i) {
    double x = std::cos(M_PI * (i + 0.75) / (kOrder + 0.5)), slope = 0;
    for (int step = 0; step < 100; ++step) {
      double p0 = 1, p1 = x;
      for (int k = 2; k <= kOrder; ++k) {
        const double p2 = ((2 * k - 1) * x * p1 - (k - 1) * p0) / k;
        p0 = p1;
        p1 = p2;
      }
      slope = kOrder * (x * p1 - p0) / (x * x - 1);
      const double move = p1 / slope;
      x -= move;
      if (std::abs(move) < 1e-16) break;
    }
    nodes[static_cast<std::size_t>(i)] = {x, 2 / ((1 - x * x) * slope * slope)};
  }
  return nodes;
}

std::vector<Node> panels(double from, double to) {
  const auto unit = legendre();
  std::vector<Node> out;
  for (int k = 0; k < kPanels; ++k) {
    // Smooth spacing, quadratically denser at both ends.
    const auto at = [&](int i) {
      const double u = static_cast<double>(i) / kPanels;
      return from + (to - from) * (0.5 - 0.5 * std::cos(M_PI * u));
    };
    const double mid = (at(k) + at(k + 1)) / 2, half = (at(k + 1) - at(k)) / 2;
    for (const Node& n : unit) out.push_back({mid + half * n.x, half * n.weight});
  }
  return out;
}

// table[b][r] += sign * integral of (1-s^r)^b.
void integrate(const std::vector<Node>& nodes, std::size_t permutations, double sign,
               std::vector<std::vector<double>>& table) {
  const std::size_t n = nodes.size();
  std::vector<double> power(n, 1.0), miss(n), term(n);
  for (std::size_t r = 1; r <= permutations; ++r) {
    for (std::size_t i = 0; i < n; ++i) {
      power[i] *= nodes[i].x;
      miss[i] = 1 - power[i];
      term[i] = nodes[i].weight;
    }
    for (std::size_t b = 1; b <= permutations / r; ++b) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) {
        term[i] *= miss[i];
        sum += term[i];
      }
      table[b][r] += sign * sum;
    }
  }
}

}  // namespace

Bands optimal_bands(double threshold, std::size_t permutations) {
  // 0.5 * int_0^t 1-(1-s^r)^b + 0.5 * int_t^1 (1-s^r)^b; the constant 0.5 * t decides nothing.
  std::vector<std::vector<double>> table(permutations + 1);
  for (std::size_t b = 1; b <= permutations; ++b) table[b].assign(permutations / b + 1, 0.0);
  integrate(panels(0, threshold), permutations, -0.5, table);
  integrate(panels(threshold, 1), permutations, 0.5, table);
  Bands best;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t b = 1; b <= permutations; ++b) {
    for (std::size_t r = 1; r <= permutations / b; ++r) {
      if (table[b][r] < least) {
        least = table[b][r];
        best = {b, r};
      }
    }
  }
  return best;
}

}  // namespace ophost::dedup
