#include "degrade/kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"

namespace sr3 {
namespace {

using std::numbers::pi;

constexpr struct {
  const char* name;
  double support;
} kKernels[] = {{"box", 0.5}, {"bilinear", 1}, {"bicubic", 2}, {"lanczos", 3}};

constexpr const char* kConventions[] = {"pillow", "pillow12", "matlab", "float"};

double support_of(Kernel kernel) { return kKernels[static_cast<int>(kernel)].support; }

double sinc(double x) {
  if (x == 0) return 1;
  x *= pi;
  return std::sin(x) / x;
}

// The polynomials keep their references' order of operations: another order rounds some weights differently, and some
// byte of some image then differs.
double pillow_kernel(Kernel kernel, double x) {
  constexpr double a = -0.5;
  switch (kernel) {
    case Kernel::kBox:
      return x > -0.5 && x <= 0.5 ? 1 : 0;
    case Kernel::kBilinear:
      x = std::abs(x);
      return x < 1 ? 1 - x : 0;
    case Kernel::kBicubic:
      x = std::abs(x);
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
      return 0;
    case Kernel::kLanczos:
      return -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0;
  }
  return 0;
}

double matlab_kernel(Kernel kernel, double x) {
  const double absx = std::abs(x), absx2 = absx * absx, absx3 = std::pow(absx, 3);
  constexpr double eps = std::numeric_limits<double>::epsilon();
  switch (kernel) {
    case Kernel::kBox:
      return -0.5 <= x && x < 0.5 ? 1 : 0;
    case Kernel::kBilinear:
      if (x < 0) return -1 <= x ? x + 1 : 0;
      return x <= 1 ? 1 - x : 0;
    case Kernel::kBicubic:
      if (absx <= 1) return 1.5 * absx3 - 2.5 * absx2 + 1;
      if (absx <= 2) return -0.5 * absx3 + 2.5 * absx2 - 4 * absx + 2;
      return 0;
    case Kernel::kLanczos:
      return absx < 3 ? (std::sin(pi * x) * std::sin(pi * x / 3) + eps) / (pi * pi * (x * x) / 3 + eps) : 0;
  }
  return 0;
}

// Normalises the weights of the output sample added last, and ends its row of the table.
void finish_output(WeightTable<double>& table) {
  const size_t first = static_cast<size_t>(table.begin.back()), end = table.weight.size();
  double sum = 0;
  for (size_t k = first; k < end; ++k) sum += table.weight[k];
  if (sum != 0)
    for (size_t k = first; k < end; ++k) table.weight[k] /= sum;
  table.begin.push_back(static_cast<int64_t>(end));
}

}  // namespace

Kernel kernel_named(const std::string& name) {
  for (int k = 0; k < 4; ++k)
    if (name == kKernels[k].name) return static_cast<Kernel>(k);
  throw UsageError(cat("unknown kernel '", name, "' (box, bilinear, bicubic, lanczos)"));
}

Convention convention_named(const std::string& name) {
  for (int c = 0; c < 4; ++c)
    if (name == kConventions[c]) return static_cast<Convention>(c);
  throw UsageError(cat("unknown resize convention '", name, "' (pillow, pillow12, matlab, float)"));
}

const char* name_of(Kernel kernel) { return kKernels[static_cast<int>(kernel)].name; }
const char* name_of(Convention convention) { return kConventions[static_cast<int>(convention)]; }

int32_t mirrored_index(int64_t i, int64_t size) {
  const int64_t period = 2 * size, phase = (i % period + period) % period;
  return static_cast<int32_t>(phase < size ? phase : period - 1 - phase);
}

WeightTable<double> cut_weights(int64_t in, int64_t out, Kernel kernel) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double stretch = scale < 1 ? 1 : scale, support = support_of(kernel) * stretch, shrink = 1 / stretch;
  WeightTable<double> table;
  table.begin.push_back(0);
  for (int64_t i = 0; i < out; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const int64_t first = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
    const int64_t end = std::min<int64_t>(in, static_cast<int64_t>(center + support + 0.5));
    for (int64_t j = first; j < end; ++j) {
      table.index.push_back(static_cast<int32_t>(j));
      table.weight.push_back(pillow_kernel(kernel, (static_cast<double>(j) - center + 0.5) * shrink));
    }
    finish_output(table);
  }
  return table;
}

WeightTable<double> mirrored_weights(int64_t in, int64_t out, Kernel kernel) {
  const double scale = static_cast<double>(out) / static_cast<double>(in);
  const double shrink = scale < 1 ? scale : 1, width = 2 * support_of(kernel) / shrink;
  const int64_t taps = static_cast<int64_t>(std::ceil(width)) + 2;
  WeightTable<double> table;
  table.begin.push_back(0);
  for (int64_t i = 0; i < out; ++i) {
    // Samples are counted from 1, as in MATLAB, so that the position u rounds as it does there.
    const double u = static_cast<double>(i + 1) / scale + 0.5 * (1 - 1 / scale);
    const int64_t left = static_cast<int64_t>(std::floor(u - width / 2));
    for (int64_t j = left; j < left + taps; ++j) {
      const double weight = shrink * matlab_kernel(kernel, shrink * (u - static_cast<double>(j)));
      if (weight == 0) continue;
      table.index.push_back(mirrored_index(j - 1, in));
      table.weight.push_back(weight);
    }
    finish_output(table);
  }
  return table;
}

WeightTable<int32_t> fixed_point(const WeightTable<double>& table) {
  WeightTable<int32_t> fixed{table.begin, table.index, {}};
  fixed.weight.reserve(table.weight.size());
  for (double weight : table.weight)
    fixed.weight.push_back(static_cast<int32_t>(weight * (1 << kFixedPointBits) + (weight < 0 ? -0.5 : 0.5)));
  return fixed;
}

}  // namespace sr3
