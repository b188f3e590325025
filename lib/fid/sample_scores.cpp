#include "fid/sample_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "fid/moments.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr int64_t kSampleRows = 1024;

// Squared distances of rows i .. i+rows-1 of a to all rows of b. They are exact, since features are rounded.
at::Tensor distances(const at::Tensor& a, int64_t i, int64_t rows, const at::Tensor& b) {
  const at::Tensor x = a.narrow(0, i, rows);
  return x.square().sum(1).unsqueeze(1) + b.square().sum(1).unsqueeze(0) - 2 * at::matmul(x, b.t());
}

// Squared distance of each row to the k-th nearest other row.
at::Tensor radii(const at::Tensor& x, int64_t k) {
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < x.size(0); i += kSampleRows) {
    const int64_t rows = std::min(kSampleRows, x.size(0) - i);
    at::Tensor d = distances(x, i, rows, x);
    d.narrow(1, i, rows).diagonal().fill_(std::numeric_limits<double>::infinity());
    parts.push_back(std::get<0>(d.kthvalue(k, 1)));
  }
  return at::cat(parts);
}

double share_inside(const at::Tensor& points, const at::Tensor& centres, const at::Tensor& radius) {
  int64_t inside = 0;
  for (int64_t i = 0; i < points.size(0); i += kSampleRows)
    inside += (distances(points, i, std::min(kSampleRows, points.size(0) - i), centres) <= radius)
                  .any(1)
                  .sum()
                  .item<int64_t>();
  return static_cast<double>(inside) / static_cast<double>(points.size(0));
}

}  // namespace

InceptionScore inception_score(const at::Tensor& probabilities, int64_t splits) {
  const int64_t n = probabilities.size(0);
  if (splits < 1 || n < splits)
    throw DataError(cat("cannot compute an Inception score in ", splits, " splits of ", n, " images"));
  std::vector<double> scores;
  double sum = 0;
  for (int64_t i = 0; i < splits; ++i) {
    const int64_t first = i * n / splits;
    const at::Tensor p = probabilities.narrow(0, first, (i + 1) * n / splits - first).to(at::kDouble);
    const at::Tensor marginal = p.mean(0, /*keepdim=*/true);
    scores.push_back(std::exp((at::xlogy(p, p) - at::xlogy(p, marginal)).sum(1).mean().item<double>()));
    sum += scores.back();
  }
  const double mean = sum / static_cast<double>(splits);
  double square = 0;
  for (double score : scores) square += (score - mean) * (score - mean);
  return {mean, std::sqrt(square / static_cast<double>(splits))};
}

PrecisionRecall precision_recall(const at::Tensor& real, const at::Tensor& generated, int64_t k) {
  if (real.size(1) != generated.size(1))
    throw DataError(cat("cannot compare features of ", real.size(1), " and of ", generated.size(1), " dimensions"));
  if (k < 1 || real.size(0) <= k || generated.size(0) <= k)
    throw DataError(cat("precision and recall need more than ", k, " images in each set"));
  const at::Tensor x = rounded_features(real), y = rounded_features(generated);
  return {share_inside(y, x, radii(x, k)), share_inside(x, y, radii(y, k))};
}

}  // namespace sr3
