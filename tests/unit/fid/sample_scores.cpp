#include "fid/sample_scores.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "tensor/aten.h"
#include "tensor/noise.h"

using namespace sr3;

TEST_CASE("Inception score: closed forms, splits, and a plain loop") {
  CHECK(inception_score(at::eye(10), 1).mean == relative(10));  // certain predictions, all classes equally often
  CHECK(inception_score(at::full({8, 4}, 0.25), 2).mean == relative(1));  // uniform predictions
  const InceptionScore parts = inception_score(at::cat({at::eye(4), at::full({4, 4}, 0.25)}), 2);
  CHECK(parts.mean == relative(2.5));
  CHECK(parts.deviation == relative(1.5));
  const at::Tensor p = at::softmax(philox_noise({3, 1}, 0, 1, 9, 5).squeeze(0), 1);
  double kl = 0;
  for (int64_t i = 0; i < 9; ++i)
    for (int64_t c = 0; c < 5; ++c) {
      const double x = p[i][c].item<float>();
      double marginal = 0;
      for (int64_t j = 0; j < 9; ++j) marginal += static_cast<double>(p[j][c].item<float>()) / 9;
      kl += x * (std::log(x) - std::log(marginal)) / 9;
    }
  CHECK(inception_score(p, 1).mean == relative(std::exp(kl), 1e-12));
  CHECK_THROWS_AS(inception_score(p, 10), DataError);
}

TEST_CASE("precision and recall against a plain loop: a point is not its own neighbour, and balls are closed") {
  // On a line with k = 1, the balls of the real set {0, 1, 3} have radii 1, 1 and 2.
  const at::Tensor real = at::tensor({0.0, 1.0, 3.0}, at::kDouble).reshape({3, 1});
  const at::Tensor generated = at::tensor({2.0, 5.0, -1.5, 5.25}, at::kDouble).reshape({4, 1});
  const PrecisionRecall found = precision_recall(real, generated, 1);
  CHECK(found.precision == relative(0.5));  // 2 and the edge 5; not -1.5 and 5.25
  // Those of the generated set have radii 3, .25, 3.5 and .25.
  CHECK(found.recall == relative(1));
  CHECK(precision_recall(generated, real, 1).precision == relative(1));

  const at::Tensor x = philox_noise({3, 2}, 0, 1, 40, 3).squeeze(0).to(at::kDouble);
  const at::Tensor y = philox_noise({3, 3}, 0, 1, 30, 3).squeeze(0).to(at::kDouble) * 1.4;
  const auto inside = [](const at::Tensor& points, const at::Tensor& centres) {
    double count = 0;
    for (int64_t i = 0; i < points.size(0); ++i) {
      bool any = false;
      for (int64_t c = 0; c < centres.size(0); ++c) {
        std::vector<double> others;
        for (int64_t o = 0; o < centres.size(0); ++o)
          if (o != c) others.push_back((centres[c] - centres[o]).norm().item<double>());
        std::sort(others.begin(), others.end());
        any = any || (points[i] - centres[c]).norm().item<double>() <= others[2];
      }
      count += any;
    }
    return count / static_cast<double>(points.size(0));
  };
  const PrecisionRecall random = precision_recall(x, y, 3);
  CHECK(random.precision == relative(inside(y, x)));
  CHECK(random.recall == relative(inside(x, y)));
  CHECK(random.precision < 1);
  CHECK_THROWS_AS(precision_recall(x.narrow(0, 0, 3), y, 3), DataError);
}
