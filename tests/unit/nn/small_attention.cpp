// Attention of small maps against softmax(q k^T / sqrt d) v in double, by plain loops.
#include "nn/small_attention.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/attention.h"
#include "tensor/aten.h"

using namespace sr3;

TEST_CASE("attention of small maps equals plain loops in double, in any batch and with any number of threads") {
  struct Size {
    int64_t n, heads, d, height, width;
    double spread;
  };
  const int threads = at::get_num_threads();
  for (const Size& s : {Size{2, 3, 5, 3, 3, 1}, {1, 1, 32, 8, 8, 1}, {3, 4, 16, 1, 1, 1}, {1, 2, 7, 5, 13, 30}}) {
    const int64_t c = s.heads * s.d, t = s.height * s.width;
    at::Tensor qkv = at::empty({s.n, 3 * c, s.height, s.width}, at::kFloat);
    auto* p = static_cast<float*>(qkv.data_ptr());
    for (int64_t i = 0; i < qkv.numel(); ++i)
      p[i] = static_cast<float>(s.spread * std::sin(1.7 * static_cast<double>(i * i % 1009)));
    if (!has_small_attention(qkv)) return;
    const at::Tensor y = small_attention(qkv, s.heads);
    REQUIRE(y.sizes() == at::IntArrayRef({s.n, c, s.height, s.width}));
    const auto at = [&](const at::Tensor& map, int64_t i, int64_t channel, int64_t position) {
      return static_cast<double>(map[i][channel][position / s.width][position % s.width].item<float>());
    };
    double worst = 0;
    for (int64_t i = 0; i < s.n; ++i)
      for (int64_t h = 0; h < s.heads; ++h)
        for (int64_t a = 0; a < t; a += 1 + t / 6) {
          std::vector<double> score(t);
          double total = 0;
          for (int64_t b = 0; b < t; ++b) {
            for (int64_t k = 0; k < s.d; ++k) score[b] += at(qkv, i, h * s.d + k, a) * at(qkv, i, c + h * s.d + k, b);
            score[b] /= std::sqrt(static_cast<double>(s.d));
          }
          const double highest = *std::max_element(score.begin(), score.end());
          for (double& x : score) total += x = std::exp(x - highest);
          for (int64_t k = 0; k < s.d; ++k) {
            double sum = 0;
            for (int64_t b = 0; b < t; ++b) sum += score[b] / total * at(qkv, i, 2 * c + h * s.d + k, b);
            worst = std::max(worst, std::abs(sum - at(y, i, h * s.d + k, a)));
          }
        }
    // A score errs by some roundings of 2^-24 of its size, and so does, relatively, its exponential.
    CHECK(worst < s.spread * (32 + 8 * s.spread * s.spread * std::sqrt(static_cast<double>(s.d))) * 0x1p-24);
    for (int64_t i = 0; i < s.n; ++i) CHECK(at::equal(small_attention(qkv.narrow(0, i, 1), s.heads)[0], y[i]));
    at::set_num_threads(3);
    CHECK(at::equal(small_attention(qkv, s.heads), y));
    at::set_num_threads(threads);
    const at::NoGradGuard no_grad;
    CHECK(at::equal(self_attention(qkv, s.heads), y));
  }
}
