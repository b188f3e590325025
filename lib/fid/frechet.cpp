#include "fid/frechet.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

#include "base/error.h"
#include "fid/subset.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// A matrix A (D,k) with S = A A^T.
struct Factor {
  at::Tensor matrix;
  bool triangular = false;
};

// A (D,k) with S = A A^T and k <= rank, by Cholesky factorization with diagonal pivoting: the largest remaining variance
// comes first, until only rounding errors remain. For few images in many dimensions it takes D k^2 operations, where an
// eigendecomposition takes many times D^3. Nothing if S has negative eigenvalues beyond the rounding of float64, as a
// matrix that was stored in float32 has.
std::optional<at::Tensor> pivoted_cholesky(const at::Tensor& s, int64_t rank) {
  const int64_t d = s.size(0);
  at::Tensor rows = at::empty({rank, d}, s.options()), left = s.diagonal().clone();
  const double noise = left.max().item<double>() * static_cast<double>(d) * kEpsilon;
  int64_t k = 0;
  for (; k < rank; ++k) {
    const int64_t pivot = left.argmax().item<int64_t>();
    const double variance = left[pivot].item<double>();
    if (variance <= noise) break;
    const at::Tensor before = rows.narrow(0, 0, k);
    const at::Tensor row = (s[pivot] - at::mv(before.t(), before.select(1, pivot))) / std::sqrt(variance);
    rows[k].copy_(row);
    left.sub_(row.square());
    left[pivot] = 0;
    if (left.min().item<double>() < -10 * noise) return std::nullopt;
  }
  return rows.narrow(0, 0, k).t();
}

Factor factor_of(const Gaussian& g) {
  const int64_t d = g.mean.size(0);
  if (g.centred.defined() && g.centred.size(0) <= d) return {g.centred.t()};
  if (g.count == 0 || g.count > d) {
    const auto [lower, info] = at::linalg_cholesky_ex(g.covariance);
    const at::Tensor diagonal = lower.diagonal();
    if (info.item<int>() == 0 &&
        diagonal.min().item<double>() > diagonal.max().item<double>() * std::sqrt(static_cast<double>(d) * kEpsilon))
      return {lower, true};
  }
  if (const auto pivoted = pivoted_cholesky(g.covariance, g.count > 0 ? std::min(d, g.count - 1) : d))
    return {*pivoted};
  const auto [values, vectors] = at::linalg_eigh(g.covariance, "L");  // values ascend
  const double noise = values.abs().max().item<double>() * static_cast<double>(d) * kEpsilon;
  const int64_t rank = (values > noise).sum().item<int64_t>();
  return {vectors.narrow(1, d - rank, rank) * values.narrow(0, d - rank, rank).sqrt()};
}

// The lower triangle of L^T S L; the rest is undefined. It is computed in blocks of columns, without the zeros of L and
// the upper triangle, which is less than half of the work of two full products.
at::Tensor between(const at::Tensor& lower, const at::Tensor& s) {
  const int64_t d = s.size(0), width = std::max<int64_t>(64, (d + 7) / 8);
  at::Tensor product = at::empty_like(s), result = at::empty_like(s);
  for (int64_t j = 0; j < d; j += width) {
    const int64_t w = std::min(width, d - j);
    product.narrow(1, j, w).copy_(at::matmul(s.narrow(1, j, d - j), lower.narrow(0, j, d - j).narrow(1, j, w)));
  }
  for (int64_t i = 0; i < d; i += width) {
    const int64_t w = std::min(width, d - i);
    result.narrow(0, i, w)
        .narrow(1, 0, i + w)
        .copy_(
            at::matmul(lower.narrow(0, i, d - i).narrow(1, i, w).t(), product.narrow(0, i, d - i).narrow(1, 0, i + w)));
  }
  return result;
}

double sum_of_roots(const at::Tensor& values) { return values.clamp_min(0).sqrt().sum().item<double>(); }

}  // namespace

Gaussian gaussian_of(const Moments& moments, int64_t ddof) {
  if (moments.count() - ddof < 1)
    throw DataError(
        cat("cannot compute a covariance of ", moments.count(), " images: at least ", ddof + 1, " are needed"));
  return {moments.mean(), moments.covariance(ddof), moments.count(), {}};
}

void check_gaussian(const Gaussian& g) {
  const int64_t d = g.mean.dim() == 1 ? g.mean.size(0) : 0;
  if (d < 1 || g.covariance.dim() != 2 || g.covariance.size(0) != d || g.covariance.size(1) != d)
    throw DataError("its mean and covariance do not have the same dimension");
  if (!at::isfinite(g.mean).all().item<bool>() || !at::isfinite(g.covariance).all().item<bool>())
    throw DataError("its mean or covariance contains a number that is not finite");
  const double largest = g.covariance.abs().max().item<double>();
  if ((g.covariance - g.covariance.t()).abs().max().item<double>() > 1e-5 * largest)
    throw DataError("its covariance is not symmetric");
  if (g.covariance.diagonal().min().item<double>() < -1e-6 * largest)
    throw DataError("its covariance has a negative variance");
}

double trace_of_root(const Gaussian& a, const Gaussian& b) {
  const Factor fa = factor_of(a), fb = factor_of(b);
  // The eigenvalues of a symmetric matrix take half the work of singular values, and are as accurate if neither matrix
  // is singular.
  if (fa.triangular && fb.triangular) return sum_of_roots(at::linalg_eigvalsh(between(fa.matrix, b.covariance), "L"));
  if (fa.matrix.size(1) == 0 || fb.matrix.size(1) == 0) return 0;
  return at::linalg_svdvals(at::matmul(fa.matrix.t(), fb.matrix)).sum().item<double>();
}

double frechet_distance(const Gaussian& a, const Gaussian& b) {
  if (a.mean.size(0) != b.mean.size(0))
    throw DataError(cat("cannot compare features of ", a.mean.size(0), " and of ", b.mean.size(0), " dimensions"));
  const double means = (a.mean - b.mean).square().sum().item<double>();
  const double traces = a.covariance.trace().item<double>() + b.covariance.trace().item<double>();
  return std::max(0.0, means + traces - 2 * trace_of_root(a, b));
}

std::optional<double> frechet_standard_error(const at::Tensor& features, const Gaussian& a, const Gaussian& b) {
  const Factor factor = factor_of({a.mean, a.covariance, a.count, at::Tensor()});
  if (!factor.triangular) return std::nullopt;
  const at::Tensor& lower = factor.matrix;
  // T = L^-T (L^T S2 L)^(1/2) L^-1
  const auto [values, vectors] = at::linalg_eigh(between(lower, b.covariance), "L");
  const at::Tensor roots = values.clamp_min(0).sqrt(), difference = 2 * (a.mean - b.mean);
  const int64_t n = features.size(0);
  std::vector<at::Tensor> parts;
  for (int64_t first = 0; first < n; first += 4096) {
    const at::Tensor x = features.narrow(0, first, std::min<int64_t>(4096, n - first)).to(at::kDouble) - a.mean;
    const at::Tensor z = at::matmul(vectors.t(), at::linalg_solve_triangular(lower, x.t(), /*upper=*/false));
    parts.push_back(at::matmul(x, difference) + x.square().sum(1) - at::matmul(roots, z.square()));
  }
  const at::Tensor influence = at::cat(parts);
  return std::sqrt(influence.var(/*unbiased=*/true).item<double>() / static_cast<double>(n));
}

Uncertain frechet_jackknife(const std::vector<Moments>& groups, const Gaussian& b, int64_t ddof) {
  Moments all;
  double used = 0;
  for (const Moments& group : groups) {
    all.merge(group);
    used += group.count() > 0;
  }
  if (used < 2) throw std::logic_error("frechet_jackknife: fewer than two groups have images");
  const double n = static_cast<double>(all.count()), whole = frechet_distance(gaussian_of(all, ddof), b);
  std::vector<std::pair<double, double>> leave;  // for each group: h = n / size, and the distance without the group
  double corrected = used * whole;
  for (const Moments& group : groups) {
    if (group.count() == 0) continue;
    Moments rest = all;
    rest.remove(group);
    leave.emplace_back(n / static_cast<double>(group.count()), frechet_distance(gaussian_of(rest, ddof), b));
    corrected -= (1 - 1 / leave.back().first) * leave.back().second;
  }
  double variance = 0;
  for (const auto& [h, without] : leave) {
    const double pseudo = h * whole - (h - 1) * without;
    variance += (pseudo - corrected) * (pseudo - corrected) / (h - 1) / used;
  }
  return {corrected, std::sqrt(variance)};
}

Uncertain frechet_infinity(const at::Tensor& features, const Gaussian& b, int64_t ddof, uint64_t seed, int64_t points,
                           int64_t smallest) {
  const int64_t n = features.size(0);
  if (points < 3 || n < 2 * points)
    throw Error(cat("cannot extrapolate from ", n, " images: at least ", 2 * points, " are needed"));
  const int64_t d = features.size(1);
  if (smallest < 1) smallest = std::min(std::max<int64_t>(5000, d + 1), n / 2);
  // With fewer images than dimensions the distance is not linear in 1 / images.
  if (smallest <= d)
    throw Error(cat("cannot extrapolate from ", n, " images in ", d, " dimensions: the smallest subset, of ", smallest,
                    ", must have more images than dimensions; at least ", 2 * (d + 1), " images are needed"));
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  std::vector<std::pair<double, double>> fitted;
  for (int64_t i = 0; i < points; ++i) {
    const int64_t size = smallest + (n - smallest) * i / (points - 1);
    Moments part;
    part.add(features.index_select(0, random_subset(n, size, seed, static_cast<uint64_t>(i))));
    const double x = 1 / static_cast<double>(size), y = frechet_distance(gaussian_of(part, ddof), b);
    fitted.emplace_back(x, y);
    sx += x, sy += y;
  }
  const double k = static_cast<double>(points);
  for (const auto& [x, y] : fitted) sxx += (x - sx / k) * (x - sx / k), sxy += (x - sx / k) * (y - sy / k);
  const double slope = sxy / sxx, intercept = (sy - slope * sx) / k;
  double residual = 0;
  for (const auto& [x, y] : fitted) residual += (y - intercept - slope * x) * (y - intercept - slope * x);
  return {intercept, std::sqrt(residual / (k - 2) * (1 / k + sx / k * sx / k / sxx))};
}

}  // namespace sr3
