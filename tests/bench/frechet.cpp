// The Frechet distance of Gaussians of FID's size (2048 dimensions), compared with the two usual ways to compute the trace:
// the eigenvalues of the product S1 S2, which is not symmetric (torch-fidelity, torchmetrics), and a symmetric square root
// of S1 by its eigenvectors. Also for a set of fewer images than dimensions, as in a file of another tool, which does not
// contain their number. usage: bench-frechet [DIMENSIONS]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "fid/frechet.h"
#include "tensor/aten.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

Gaussian sampled(int64_t n, int64_t d, uint64_t seed) {
  at::manual_seed(seed);
  const at::Tensor shape = at::randn({d, d}, at::kDouble) * (1 / (1 + at::arange(d, at::kDouble)));
  const at::Tensor x = at::relu(at::matmul(at::randn({n, d}, at::kDouble), shape) + 0.1);
  const at::Tensor mean = x.mean(0), centred = x - mean;
  return {mean, at::matmul(centred.t(), centred) / static_cast<double>(n - 1), 0, {}};
}

double with_trace(const Gaussian& a, const Gaussian& b, const at::Tensor& roots) {
  return ((a.mean - b.mean).square().sum() + a.covariance.trace() + b.covariance.trace() - 2 * roots.sum())
      .item<double>();
}

double by_product(const Gaussian& a, const Gaussian& b) {
  return with_trace(a, b, at::real(at::sqrt(at::linalg_eigvals(at::matmul(a.covariance, b.covariance)))));
}

double by_eigenvectors(const Gaussian& a, const Gaussian& b) {
  const auto [values, vectors] = at::linalg_eigh(a.covariance, "L");
  const at::Tensor root = at::matmul(vectors * values.clamp_min(0).sqrt(), vectors.t());
  const at::Tensor inner = at::matmul(root, at::matmul(b.covariance, root));
  return with_trace(a, b, at::linalg_eigvalsh(inner, "L").clamp_min(0).sqrt());
}

double time_of(const char* what, double ours, const std::function<double()>& distance) {
  const auto begin = std::chrono::steady_clock::now();
  const double value = distance();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("  %-44s %7.2f s  %15.9g", what, seconds, value);
  if (ours > 0) std::printf("  %5.1f times as long", seconds / ours);
  std::printf("\n");
  std::fflush(stdout);
  return seconds;
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t d = argc > 1 ? std::atoll(argv[1]) : 2048;
  use_threads(0);
  const at::NoGradGuard no_gradients;
  const Gaussian b = sampled(3 * d, d, 2);
  for (const auto& [name, n] : {std::pair("more images than dimensions", 3 * d), {"fewer", d * 2 / 5}}) {
    const Gaussian a = sampled(n, d, 1);
    std::printf("%lld dimensions, %s\n", static_cast<long long>(d), name);
    const double ours = time_of("frechet_distance", 0, [&] { return frechet_distance(a, b); });
    time_of("eigenvalues of the product", ours, [&] { return by_product(a, b); });
    time_of("root by eigenvectors, then eigenvalues", ours, [&] { return by_eigenvectors(a, b); });
  }
}
