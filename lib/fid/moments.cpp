#include "fid/moments.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/error.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

__extension__ using Integer = __int128;

constexpr double kUnit = 1.0 / (1 << 16);
constexpr double kExact = 9007199254740992.0;  // 2^53: integers up to this are exact in a double
constexpr Integer kLimit = Integer(1) << 94;   // largest sum: it fits the file's format, and n times it fits 128 bits

at::Tensor pack(const std::vector<Integer>& values) {
  at::Tensor packed = at::empty({2, static_cast<int64_t>(values.size())}, at::kLong);
  auto* high = packed.data_ptr<int64_t>();
  int64_t* low = high + values.size();
  for (size_t i = 0; i < values.size(); ++i) {
    high[i] = static_cast<int64_t>(values[i] >> 32);
    low[i] = static_cast<int64_t>(values[i] & 0xffffffff);
  }
  return packed;
}

std::vector<Integer> unpacked(const at::Tensor& packed) {
  if (packed.dim() != 2 || packed.size(0) != 2 || packed.scalar_type() != at::kLong)
    throw DataError("its sums are not pairs of 64-bit integers");
  const at::Tensor plain = packed.contiguous();
  const size_t n = static_cast<size_t>(plain.size(1));
  const auto* high = plain.data_ptr<int64_t>();
  const int64_t* low = high + n;
  std::vector<Integer> values(n);
  for (size_t i = 0; i < n; ++i) {
    values[i] = Integer(high[i]) * (Integer(1) << 32) + low[i];
    if (low[i] < 0 || low[i] >> 32 || values[i] > kLimit || values[i] < -kLimit)
      throw DataError("its sums are out of range");
  }
  return values;
}

void check(Integer value) {
  if (value > kLimit || value < -kLimit) throw DataError("too many or too large features to be summed exactly");
}

}  // namespace

at::Tensor rounded_features(const at::Tensor& features) {
  if (features.dim() != 2) throw std::logic_error("rounded_features: features are not (N,D)");
  const at::Tensor units = (features.detach().to(at::kCPU, at::kDouble) * (1 << 16)).round_();
  if (units.numel() > 0 && !(units.abs().max().item<double>() <= double(int64_t{1} << 47)))
    throw DataError("a feature is not finite, or beyond 2^31");
  return units * kUnit;
}

void Moments::resize(int64_t dimension) {
  if (sum_.empty()) {
    sum_.resize(static_cast<size_t>(dimension));
    outer_.resize(static_cast<size_t>(dimension * (dimension + 1) / 2));
  }
  if (dimension != this->dimension()) throw std::logic_error("Moments: features of different dimensions");
}

void Moments::add(const at::Tensor& features) {
  resize(features.size(1));
  const int64_t n = features.size(0);
  if (n == 0) return;
  const at::Tensor units = (rounded_features(features) * (1 << 16)).contiguous();
  // As many rows at a time as keep a sum of products exact in doubles.
  const double most = std::max(1.0, units.abs().max().item<double>());
  const auto rows = static_cast<int64_t>(std::min(kExact / (most * most), 4096.0));
  if (rows >= 1) {
    for (int64_t first = 0; first < n; first += rows) add_rows(units.narrow(0, first, std::min(rows, n - first)));
  } else {  // features beyond 1448: one product at a time
    const auto* x = units.data_ptr<double>();
    const int64_t d = dimension();
    for (int64_t r = 0; r < n; ++r, x += d) {
      Integer* outer = outer_.data();
      for (int64_t i = 0; i < d; ++i) {
        const Integer left = static_cast<int64_t>(x[i]);
        check(sum_[static_cast<size_t>(i)] += left);
        for (int64_t j = i; j < d; ++j) check(*outer++ += left * static_cast<int64_t>(x[j]));
      }
    }
  }
  count_ += n;
}

void Moments::add_rows(const at::Tensor& rows) {
  const at::Tensor sums = rows.sum(0), products = at::matmul(rows.t(), rows).contiguous();
  const auto *s = sums.data_ptr<double>(), *p = products.data_ptr<double>();
  const int64_t d = dimension();
  Integer* outer = outer_.data();
  for (int64_t i = 0; i < d; ++i) {
    check(sum_[static_cast<size_t>(i)] += static_cast<int64_t>(s[i]));
    const Integer* square = outer;  // the row's first product: none exceeds the largest square (Cauchy-Schwarz)
    for (int64_t j = i; j < d; ++j) *outer++ += static_cast<int64_t>(p[i * d + j]);
    check(*square);
  }
}

void Moments::merge(const Moments& other) {
  if (other.count_ == 0) return;
  resize(other.dimension());
  for (size_t i = 0; i < sum_.size(); ++i) check(sum_[i] += other.sum_[i]);
  for (size_t i = 0; i < outer_.size(); ++i) check(outer_[i] += other.outer_[i]);
  count_ += other.count_;
}

void Moments::remove(const Moments& other) {
  if (other.count_ == 0) return;
  resize(other.dimension());
  for (size_t i = 0; i < sum_.size(); ++i) sum_[i] -= other.sum_[i];
  for (size_t i = 0; i < outer_.size(); ++i) outer_[i] -= other.outer_[i];
  count_ -= other.count_;
}

at::Tensor Moments::mean() const {
  if (count_ < 1) throw std::logic_error("Moments: the mean of no features");
  at::Tensor mean = at::empty({dimension()}, at::kDouble);
  for (int64_t i = 0; i < dimension(); ++i)
    mean.data_ptr<double>()[i] =
        static_cast<double>(sum_[static_cast<size_t>(i)]) / static_cast<double>(count_) * kUnit;
  return mean;
}

at::Tensor Moments::covariance(int64_t ddof) const {
  if (count_ - ddof < 1) throw std::logic_error("Moments: the covariance of too few features");
  const int64_t d = dimension();
  at::Tensor covariance = at::empty({d, d}, at::kDouble);
  auto* c = covariance.data_ptr<double>();
  const double divisor = static_cast<double>(count_) * static_cast<double>(count_ - ddof);
  const Integer* outer = outer_.data();
  for (int64_t i = 0; i < d; ++i)
    for (int64_t j = i; j < d; ++j) {
      Integer of_squares, squared;
      if (__builtin_mul_overflow(*outer++, Integer(count_), &of_squares) ||
          __builtin_mul_overflow(sum_[static_cast<size_t>(i)], sum_[static_cast<size_t>(j)], &squared))
        throw DataError("too many or too large features to be summed exactly");
      c[i * d + j] = c[j * d + i] = static_cast<double>(of_squares - squared) / divisor * (kUnit * kUnit);
    }
  return covariance;
}

at::Tensor Moments::packed_sum() const { return pack(sum_); }
at::Tensor Moments::packed_outer() const { return pack(outer_); }

Moments Moments::unpack(int64_t count, const at::Tensor& sum, const at::Tensor& outer) {
  Moments moments;
  moments.count_ = count;
  moments.sum_ = unpacked(sum);
  moments.outer_ = unpacked(outer);
  const uint64_t d = moments.sum_.size();
  if (count < 0 || d > (uint64_t{1} << 20) || moments.outer_.size() != d * (d + 1) / 2)
    throw DataError("its sums do not have the same dimension");
  return moments;
}

}  // namespace sr3
