// Exact, mergeable sums of features: their number, sum and sum of outer products, from which come mean and covariance.
// A feature is rounded to a multiple of 2^-16 and counts as an integer from there on, so addition is associative to the
// last bit: any order, batch, sharding and thread count give the same sums. Rounding adds 2^-32 / 12 to each variance.
// Mean and covariance are computed from the integers and rounded once or twice, without cancellation.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace sr3 {

// features rounded as sums round them: (N,D) float64. DataError when one is not finite or beyond 2^31.
at::Tensor rounded_features(const at::Tensor& features);

class Moments {
 public:
  // (N,D) of any float type.
  void add(const at::Tensor& features);
  // The other's features too, or no more. Sums of nothing fit to every dimension; else dimensions are to agree
  // (std::logic_error).
  void merge(const Moments& other);
  void remove(const Moments& other);

  int64_t count() const { return count_; }
  int64_t dimension() const { return static_cast<int64_t>(sum_.size()); }
  at::Tensor mean() const;                    // (D) float64; count() >= 1
  at::Tensor covariance(int64_t ddof) const;  // (D,D) float64, divided by N - ddof, which is >= 1

  // As tensors for a file: int64 (2,D) and (2,D(D+1)/2), the upper triangle row by row. Row 0 counts 2^32, row 1, in
  // 0..2^32-1, one; of sums in units of 2^-16 and outer products in units of 2^-32.
  at::Tensor packed_sum() const;
  at::Tensor packed_outer() const;
  // DataError, without a file's name, when they cannot be such sums.
  static Moments unpack(int64_t count, const at::Tensor& sum, const at::Tensor& outer);

  bool operator==(const Moments&) const = default;

 private:
  __extension__ using Integer = __int128;

  void resize(int64_t dimension);
  void add_rows(const at::Tensor& rows);

  int64_t count_ = 0;
  std::vector<Integer> sum_, outer_;
};

}  // namespace sr3
