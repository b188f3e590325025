#include "degrade/interpolate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "degrade/separable.h"

namespace sr3 {
namespace {

// The weights of the pixels floor(u) - 1 .. floor(u) + 2, where t = u - floor(u): Keys' kernel with a = -0.75.
std::array<double, 4> cubic_weights(double t) {
  constexpr double a = -0.75;
  const auto near = [](double x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  const auto far = [](double x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  return {far(1 + t), near(t), near(1 - t), far(2 - t)};
}

}  // namespace

WeightTable<double> interpolation_weights(int64_t in, int64_t out, Kernel kernel) {
  if (kernel == Kernel::kLanczos) throw std::logic_error("interpolation_weights: there is no lanczos");
  WeightTable<double> table{{0}, {}, {}};
  const auto add = [&](int64_t index, double weight) {
    table.index.push_back(static_cast<int32_t>(std::clamp<int64_t>(index, 0, in - 1)));
    table.weight.push_back(weight);
  };
  for (int64_t i = 0; i < out; ++i) {
    if (kernel == Kernel::kBox) {
      const int64_t first = i * in / out, end = ((i + 1) * in + out - 1) / out;
      for (int64_t k = first; k < end; ++k) add(k, 1 / static_cast<double>(end - first));
    } else {
      const double u = (static_cast<double>(i) + 0.5) * static_cast<double>(in) / static_cast<double>(out) - 0.5;
      const auto at = static_cast<int64_t>(std::floor(u));
      const double t = u - std::floor(u);
      if (kernel == Kernel::kBilinear) {
        add(at, 1 - t);
        add(at + 1, t);
      } else {
        const std::array<double, 4> weights = cubic_weights(t);
        for (int64_t k = 0; k < 4; ++k) add(at - 1 + k, weights[static_cast<size_t>(k)]);
      }
    }
    table.begin.push_back(static_cast<int64_t>(table.weight.size()));
  }
  return table;
}

std::vector<float> interpolated(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                                int64_t width, int64_t height, Kernel kernel) {
  std::vector<float> between(static_cast<size_t>(width * in_height * channels)),
      out(static_cast<size_t>(width * height * channels));
  filter_rows<float, double>(in.data(), in_width, in_height, channels, interpolation_weights(in_width, width, kernel),
                             between.data());
  filter_columns<float, double>(between.data(), width * channels, interpolation_weights(in_height, height, kernel),
                                out.data());
  return out;
}

}  // namespace sr3
