#include "fid/kid.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "fid/subset.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr int64_t kRows = 1024;

void check(const at::Tensor& a, const at::Tensor& b) {
  if (a.size(1) != b.size(1))
    throw DataError(cat("cannot compare features of ", a.size(1), " and of ", b.size(1), " dimensions"));
  if (a.size(0) < 2 || b.size(0) < 2) throw DataError("a kernel distance needs at least two images in each set");
}

// Row sums of the kernel matrix of a and b; without the diagonal if they are the same set.
at::Tensor row_sums(const at::Tensor& a, const at::Tensor& b, bool same) {
  const double d = static_cast<double>(a.size(1));
  at::Tensor sums = at::zeros({a.size(0)}, at::kDouble);
  for (int64_t i = 0; i < a.size(0); i += kRows) {
    const int64_t rows = std::min(kRows, a.size(0) - i);
    const at::Tensor x = a.narrow(0, i, rows).to(at::kDouble);
    at::Tensor sum = sums.narrow(0, i, rows);
    for (int64_t j = 0; j < b.size(0); j += kRows) {
      at::Tensor k = at::matmul(x, b.narrow(0, j, std::min(kRows, b.size(0) - j)).to(at::kDouble).t());
      k = k.div_(d).add_(1).pow_(3);
      if (same && i == j) k.diagonal().zero_();
      sum += k.sum(1);
    }
  }
  return sums;
}

double unbiased(const at::Tensor& a, const at::Tensor& b) {
  const double n = static_cast<double>(a.size(0)), m = static_cast<double>(b.size(0));
  const auto total = [](const at::Tensor& t) { return t.sum().item<double>(); };
  return total(row_sums(a, a, true)) / (n * (n - 1)) + total(row_sums(b, b, true)) / (m * (m - 1)) -
         2 * total(row_sums(a, b, false)) / (n * m);
}

}  // namespace

Kid kid(const at::Tensor& a, const at::Tensor& b, const KidOptions& options) {
  check(a, b);
  if (options.subsets < 1 || options.size < 2)
    throw UsageError("a kernel distance needs at least one subset of at least two images");
  Kid result;
  result.size = std::min({options.size, a.size(0), b.size(0)});
  if (result.size == a.size(0) && result.size == b.size(0)) {  // every subset is the whole set
    result.mean = unbiased(a, b);
    return result;
  }
  std::vector<double> values;
  double sum = 0;
  for (int64_t i = 0; i < options.subsets; ++i) {
    const auto number = 2 * static_cast<uint64_t>(i);
    values.push_back(unbiased(a.index_select(0, random_subset(a.size(0), result.size, options.seed, number)),
                              b.index_select(0, random_subset(b.size(0), result.size, options.seed, number + 1))));
    sum += values.back();
  }
  result.mean = sum / static_cast<double>(options.subsets);
  double square = 0;
  for (double value : values) square += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(square / static_cast<double>(options.subsets));
  return result;
}

Uncertain kid_full(const at::Tensor& a, const at::Tensor& b) {
  check(a, b);
  const double n = static_cast<double>(a.size(0)), m = static_cast<double>(b.size(0));
  const at::Tensor aa = row_sums(a, a, true) / (n - 1), bb = row_sums(b, b, true) / (m - 1);
  const at::Tensor ab = row_sums(a, b, false) / m, ba = row_sums(b, a, false) / n;
  const auto mean = [](const at::Tensor& t) { return t.mean().item<double>(); };
  const auto variance = [](const at::Tensor& t) { return t.var(/*unbiased=*/true).item<double>(); };
  return {mean(aa) + mean(bb) - 2 * mean(ab), std::sqrt(4 * variance(aa - ab) / n + 4 * variance(bb - ba) / m)};
}

}  // namespace sr3
