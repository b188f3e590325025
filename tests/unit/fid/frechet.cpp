#include "fid/frechet.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/relative.h"
#include "tensor/aten.h"
#include "tensor/noise.h"

using namespace sr3;

namespace {

at::Tensor normals(int64_t n, int64_t d, uint64_t index) {
  return philox_noise({11, index}, 0, 1, n, d).squeeze(0).to(at::kDouble);
}

Gaussian sampled(const at::Tensor& x) {
  Moments moments;
  moments.add(x);
  return gaussian_of(moments, 1);
}

// tr (S1 S2)^(1/2) by the iteration of Denman and Beavers, without eigenvalues or factorisation.
double plain_trace_of_root(const at::Tensor& a, const at::Tensor& b) {
  at::Tensor y = at::matmul(a, b), z = at::eye(a.size(0), at::kDouble);
  for (int i = 0; i < 60; ++i) {
    const at::Tensor next = (y + at::inverse(z)) / 2;
    z = (z + at::inverse(y)) / 2;
    y = next;
  }
  return y.trace().item<double>();
}

double plain_distance(const Gaussian& a, const Gaussian& b) {
  return (a.mean - b.mean).square().sum().item<double>() + a.covariance.trace().item<double>() +
         b.covariance.trace().item<double>() - 2 * plain_trace_of_root(a.covariance, b.covariance);
}

}  // namespace

TEST_CASE("closed forms: diagonal, equal and one-dimensional Gaussians") {
  const at::Tensor m1 = at::tensor({1.0, 2.0, 3.0}, at::kDouble), m2 = at::tensor({0.0, 2.5, -1.0}, at::kDouble);
  const at::Tensor s1 = at::tensor({1.0, 4.0, 9.0}, at::kDouble), s2 = at::tensor({4.0, 0.25, 1.0}, at::kDouble);
  const double expected =
      (m1 - m2).square().sum().item<double>() + (s1.sqrt() - s2.sqrt()).square().sum().item<double>();
  CHECK(frechet_distance({m1, at::diag(s1)}, {m2, at::diag(s2)}) == relative(expected, 1e-13));
  // A rotation of both changes nothing.
  const auto [q, r] = at::linalg_qr(normals(3, 3, 1));
  const auto turned = [&q = q](const at::Tensor& m, const at::Tensor& s) {
    return Gaussian{at::matmul(q, m), at::matmul(q, at::matmul(at::diag(s), q.t()))};
  };
  CHECK(frechet_distance(turned(m1, s1), turned(m2, s2)) == relative(expected, 1e-12));
  const Gaussian same = sampled(normals(100, 8, 2));
  CHECK(frechet_distance(same, same) < 1e-12);
  CHECK_THROWS_AS(frechet_distance(same, {m1, at::diag(s1)}), DataError);
}

TEST_CASE("full rank: equals an independent square root of the matrix") {
  for (int64_t d : {2, 17, 64}) {
    const Gaussian a = sampled(normals(4 * d, d, 3) * (1 + at::arange(d, at::kDouble) / 9));
    const Gaussian b = sampled(at::matmul(normals(5 * d, d, 4), normals(d, d, 5)) + 0.1);
    CHECK(frechet_distance(a, b) == relative(plain_distance(a, b), 1e-9));
    CHECK(frechet_distance(b, a) == relative(frechet_distance(a, b), 1e-10));
  }
}

TEST_CASE("fewer images than dimensions: from sums, from features, and as a full-rank problem in their span") {
  const int64_t d = 40;
  const at::Tensor x = rounded_features(normals(12, d, 6)), y = rounded_features(normals(25, d, 7) * 1.5 + 0.2);
  const Gaussian a = sampled(x), b = sampled(y);
  Gaussian from_features = a;
  from_features.centred = (x - x.mean(0)) / std::sqrt(11.0);
  const double distance = frechet_distance(a, b);
  CHECK(frechet_distance(from_features, b) == relative(distance, 1e-10));
  Gaussian unknown = a;
  unknown.count = 0;
  CHECK(frechet_distance(unknown, b) == relative(distance, 1e-9));
  // Another tool's file in float32: its rounding makes it indefinite, which no factor may amplify.
  unknown.covariance = a.covariance.to(at::kFloat).to(at::kDouble);
  CHECK(frechet_distance(unknown, b) == relative(distance, 2e-3));
  // tr (S1 S2)^(1/2) is that of the 11x11 Gram matrices: A^T S2 A, whose root Denman and Beavers find.
  const at::Tensor basis = std::get<0>(at::linalg_qr((x - x.mean(0)).narrow(0, 0, 11).t()));
  const at::Tensor sa = at::matmul(basis.t(), at::matmul(a.covariance, basis));
  const at::Tensor sb = at::matmul(basis.t(), at::matmul(b.covariance, basis));
  CHECK(trace_of_root(a, b) == relative(plain_trace_of_root(sa, sb), 1e-9));
  // A dead feature on both sides, and a constant set.
  const at::Tensor dead = at::cat({normals(200, 4, 8), at::zeros({200, 1}, at::kDouble)}, 1);
  CHECK(frechet_distance(sampled(dead), sampled(dead * 2)) ==
        relative(frechet_distance(sampled(dead.narrow(1, 0, 4)), sampled(dead.narrow(1, 0, 4) * 2)), 1e-10));
  const Gaussian constant = sampled(at::ones({5, 3}, at::kDouble));
  CHECK(frechet_distance(constant, sampled(at::zeros({5, 3}, at::kDouble))) == relative(3));
}

TEST_CASE("invalid Gaussians are refused") {
  const Gaussian good = sampled(normals(30, 4, 9));
  check_gaussian(good);
  Gaussian bad = good;
  bad.mean = at::zeros({3}, at::kDouble);
  CHECK_THROWS_AS(check_gaussian(bad), DataError);
  bad = good;
  bad.covariance = good.covariance.clone();
  bad.covariance[0][1] += 1;
  CHECK_THROWS_WITH_AS(check_gaussian(bad), doctest::Contains("not symmetric"), DataError);
  bad.covariance = good.covariance.clone();
  bad.covariance[0][0] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(check_gaussian(bad), doctest::Contains("not finite"), DataError);
  bad.covariance = good.covariance.clone();
  bad.covariance[2][2] = -1;
  CHECK_THROWS_WITH_AS(check_gaussian(bad), doctest::Contains("negative"), DataError);
}

TEST_CASE("standard errors against simulation: their size, and the coverage of 95% intervals") {
  // Two Gaussians of four dimensions with a known distance, 400 images per side, 500 times.
  const int64_t d = 4, n = 400, times = 500;
  const at::Tensor scale = at::tensor({1.0, 0.5, 2.0, 1.0}, at::kDouble),
                   shift = at::tensor({0.8, 0.0, -0.5, 0.3}, at::kDouble);
  const double truth = (shift.square().sum() + (scale - 1).square().sum()).item<double>();
  double sum = 0, square = 0, delta = 0, jackknife = 0, corrected = 0;
  int64_t delta_covers = 0, jackknife_covers = 0;
  for (int64_t t = 0; t < times; ++t) {
    const at::Tensor x = normals(n, d, 1000 + 2 * static_cast<uint64_t>(t));
    const at::Tensor y = normals(n, d, 1001 + 2 * static_cast<uint64_t>(t)) * scale + shift;
    const Gaussian a = sampled(x), b = sampled(y);
    const double distance = frechet_distance(a, b);
    const double se = std::hypot(frechet_standard_error(x, a, b).value(), frechet_standard_error(y, b, a).value());
    std::vector<Moments> groups_of_x(20), groups_of_y(20);
    for (int64_t g = 0; g < 20; ++g) {
      groups_of_x[static_cast<size_t>(g)].add(
          x.slice(0, g * g * n / 400, (g + 1) * (g + 1) * n / 400));  // unequal groups
      groups_of_y[static_cast<size_t>(g)].add(y.slice(0, g, n, 20));
    }
    const Uncertain left = frechet_jackknife(groups_of_x, b, 1), right = frechet_jackknife(groups_of_y, a, 1);
    const double unbiased = left.value + right.value - distance,
                 of_groups = std::hypot(left.standard_error, right.standard_error);
    sum += distance, square += distance * distance, delta += se, jackknife += of_groups, corrected += unbiased;
    delta_covers += std::fabs(distance - truth) < 1.96 * se;
    jackknife_covers += std::fabs(unbiased - truth) < 1.96 * of_groups;
  }
  const double mean = sum / times, deviation = std::sqrt(square / times - mean * mean);
  CHECK(delta / times == relative(deviation, 0.08));
  CHECK(jackknife / times == relative(deviation, 0.1));
  CHECK(std::fabs(corrected / times - truth) < 3 * deviation / std::sqrt(static_cast<double>(times)));
  CHECK(delta_covers >= times * 92 / 100);
  CHECK(delta_covers <= times * 98 / 100);
  CHECK(jackknife_covers >= times * 92 / 100);
  CHECK(jackknife_covers <= times * 98 / 100);
  MESSAGE("coverage of 95% intervals: delta method ", delta_covers * 100.0 / times, "%, jackknife ",
          jackknife_covers * 100.0 / times, "%");
}

TEST_CASE("no standard error where the derivative does not exist") {
  const at::Tensor x = normals(5, 8, 20);
  CHECK(!frechet_standard_error(x, sampled(x), sampled(normals(50, 8, 21))));
}

TEST_CASE("the distance at infinity has no bias, and is the same for the same seed") {
  // Both sets have the same distribution: the true distance is 0, but not the bias of 2000 images in 16 dimensions.
  const at::Tensor x = normals(2000, 16, 30);
  const Gaussian truth{at::zeros({16}, at::kDouble), at::eye(16, at::kDouble)};
  const double plain = frechet_distance(sampled(x), truth);
  const Uncertain infinite = frechet_infinity(x, truth, 1, 3, 15, 500);
  CHECK(std::fabs(infinite.value) < plain / 3);
  CHECK(infinite.standard_error > 0);
  CHECK(infinite.value == frechet_infinity(x, truth, 1, 3, 15, 500).value);
  CHECK(infinite.value != frechet_infinity(x, truth, 1, 4, 15, 500).value);
  CHECK_THROWS_WITH_AS(frechet_infinity(x.narrow(0, 0, 20), truth, 1, 0), doctest::Contains("at least 30 are"), Error);
  CHECK_THROWS_WITH_AS(frechet_infinity(x.narrow(0, 0, 33), truth, 1, 0), doctest::Contains("at least 34 images"),
                       Error);
  CHECK(std::isfinite(frechet_infinity(x.narrow(0, 0, 34), truth, 1, 0).value));
}
