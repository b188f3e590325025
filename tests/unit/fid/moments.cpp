#include "fid/moments.h"

#include <doctest/doctest.h>

#include <limits>

#include "base/error.h"
#include "base/relative.h"
#include "tensor/aten.h"
#include "tensor/noise.h"

using namespace sr3;

namespace {

at::Tensor features_of(int64_t n, int64_t d, double scale = 1) {
  return philox_noise({7, 1}, 0, 1, n, d).squeeze(0).to(at::kDouble) * scale + at::arange(d, at::kDouble) / 7;
}

}  // namespace

TEST_CASE("mean and covariance of the rounded features, against a plain loop") {
  const at::Tensor x = features_of(50, 6);
  Moments moments;
  moments.add(x);
  const at::Tensor r = rounded_features(x);
  CHECK((r - x).abs().max().item<double>() <= 0.5 / 65536);
  CHECK(at::equal(r * 65536, (r * 65536).round()));
  for (int64_t i = 0; i < 6; ++i) {
    double mean = 0;
    for (int64_t n = 0; n < 50; ++n) mean += r[n][i].item<double>();
    CHECK(moments.mean()[i].item<double>() == relative(mean / 50, 1e-14));
  }
  for (int64_t ddof : {0, 1}) {
    const at::Tensor covariance = moments.covariance(ddof), centred = r - moments.mean();
    for (int64_t i = 0; i < 6; ++i)
      for (int64_t j = 0; j < 6; ++j) {
        double sum = 0;
        for (int64_t n = 0; n < 50; ++n) sum += centred[n][i].item<double>() * centred[n][j].item<double>();
        CHECK(covariance[i][j].item<double>() == relative(sum / static_cast<double>(50 - ddof), 1e-12));
      }
  }
}

TEST_CASE("a variance is exact even if the mean is 100 million times the standard deviation") {
  Moments moments;
  moments.add(at::tensor({1000.0, 1000.0 + 1.0 / 65536, 1000.0}, at::kDouble).reshape({3, 1}));
  CHECK(moments.covariance(0).item<double>() == relative(2.0 / 9 / 65536 / 65536, 1e-15));
}

TEST_CASE("any order, batch and sharding give the same sums, and removing undoes adding") {
  for (double scale : {1.0, 300.0, 1e6}) {  // up to the largest supported product
    const at::Tensor x = features_of(64, 5, scale);
    Moments once, one_by_one, shards;
    once.add(x);
    for (int64_t i = 63; i >= 0; --i) one_by_one.add(x.narrow(0, i, 1));
    for (int64_t first : {3, 0, 2, 1}) {
      Moments part;
      part.add(x.slice(0, first, 64, 4));
      shards.merge(part);
    }
    CHECK(once == one_by_one);
    CHECK(once == shards);
    Moments rest = once, part;
    part.add(x.narrow(0, 10, 20));
    rest.remove(part);
    rest.merge(part);
    CHECK(rest == once);
    CHECK(once == Moments::unpack(64, once.packed_sum(), once.packed_outer()));
  }
}

TEST_CASE("features that cannot be summed, and impossible sums, are refused") {
  Moments moments;
  CHECK_THROWS_AS(moments.add(at::full({1, 2}, std::numeric_limits<double>::quiet_NaN())), DataError);
  CHECK_THROWS_AS(moments.add(at::full({1, 2}, std::numeric_limits<double>::infinity())), DataError);
  CHECK_THROWS_AS(moments.add(at::full({1, 2}, 1e12)), DataError);
  moments = {};
  moments.add(features_of(4, 3));
  CHECK_THROWS_AS(Moments::unpack(-1, moments.packed_sum(), moments.packed_outer()), DataError);
  CHECK_THROWS_AS(Moments::unpack(4, moments.packed_outer(), moments.packed_sum()), DataError);
  CHECK_THROWS_AS(Moments::unpack(4, moments.packed_sum().to(at::kDouble), moments.packed_outer()), DataError);
  CHECK_THROWS_AS(Moments::unpack(4, at::full({2, 3}, int64_t{1} << 63), moments.packed_outer()), DataError);
  CHECK_THROWS_AS(Moments::unpack(4, moments.packed_sum() - (int64_t{1} << 40), moments.packed_outer()), DataError);
}
