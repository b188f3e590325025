#include "fid/kid.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "fid/subset.h"
#include "tensor/aten.h"
#include "tensor/noise.h"

using namespace sr3;

namespace {

at::Tensor normals(int64_t n, int64_t d, uint64_t index) { return philox_noise({5, index}, 0, 1, n, d).squeeze(0); }

double plain_kid(const at::Tensor& a, const at::Tensor& b) {
  const auto k = [](const at::Tensor& x, const at::Tensor& y) {
    double dot = 0;
    for (int64_t i = 0; i < x.size(0); ++i) dot += double(x[i].item<float>()) * double(y[i].item<float>());
    return std::pow(dot / static_cast<double>(x.size(0)) + 1, 3);
  };
  const auto mean = [&](const at::Tensor& x, const at::Tensor& y, bool same) {
    double sum = 0, count = 0;
    for (int64_t i = 0; i < x.size(0); ++i)
      for (int64_t j = 0; j < y.size(0); ++j)
        if (!same || i != j) sum += k(x[i], y[j]), ++count;
    return sum / count;
  };
  return mean(a, a, true) + mean(b, b, true) - 2 * mean(a, b, false);
}

}  // namespace

TEST_CASE("the kernel distance, against a double loop; subsets are seeded") {
  const at::Tensor a = normals(23, 5, 1), b = normals(31, 5, 2) + 0.5;
  CHECK(kid_full(a, b).value == relative(plain_kid(a, b), 1e-12));
  CHECK(kid_full(b, a).value == relative(kid_full(a, b).value, 1e-12));
  const Kid whole = kid(a, a + 1, {3, 1000, 0});  // subsets as large as the sets
  CHECK(whole.size == 23);
  CHECK(whole.mean == relative(plain_kid(a, a + 1), 1e-12));
  CHECK_FALSE(whole.deviation);  // one subset, not three equal ones
  CHECK(kid(a, b, {3, 1000, 0}).deviation.value() > 0);
  const Kid some = kid(a, b, {4, 10, 9});
  double sum = 0, square = 0;
  for (uint64_t i = 0; i < 4; ++i) {
    const double one = plain_kid(a.index_select(0, random_subset(23, 10, 9, 2 * i)),
                                 b.index_select(0, random_subset(31, 10, 9, 2 * i + 1)));
    sum += one, square += one * one;
  }
  CHECK(some.mean == relative(sum / 4, 1e-12));
  CHECK(some.deviation.value() == relative(std::sqrt(square / 4 - sum * sum / 16), 1e-9));
  CHECK(kid(a, b, {4, 10, 8}).mean != some.mean);
  CHECK_THROWS_AS(kid_full(a, b.narrow(0, 0, 1)), DataError);
  CHECK_THROWS_AS(kid_full(a, normals(9, 4, 3)), DataError);
}

TEST_CASE("subsets are drawn without replacement, and every member is equally likely") {
  at::Tensor counts = at::zeros({7}, at::kLong);
  for (uint64_t i = 0; i < 700; ++i) {
    const at::Tensor subset = random_subset(7, 3, 1, i);
    CHECK(std::get<0>(at::_unique(subset)).size(0) == 3);
    counts.index_add_(0, subset, at::ones({3}, at::kLong));
  }
  CHECK((counts - 300).abs().max().item<int64_t>() < 60);  // standard deviation 13
}

TEST_CASE("the standard error of the kernel distance, against simulation") {
  const int64_t times = 200;
  double sum = 0, square = 0, se = 0;
  for (int64_t t = 0; t < times; ++t) {
    const Uncertain u = kid_full(normals(120, 4, 100 + 2 * static_cast<uint64_t>(t)),
                                 normals(150, 4, 101 + 2 * static_cast<uint64_t>(t)) * 1.2 + 0.4);
    sum += u.value, square += u.value * u.value, se += u.standard_error;
  }
  const double mean = sum / times, deviation = std::sqrt(square / times - mean * mean);
  CHECK(se / times == relative(deviation, 0.15));
}
