// Exact sums of features that can be merged: the number of features, their sum and the sum of their outer products, from
// which the mean and the covariance are computed. Each feature is rounded to a multiple of 2^-16, and the sums are
// integers in that unit. Addition is therefore associative to the last bit: any order, batch size, sharding and number
// of threads gives the same sums. Rounding adds 2^-32 / 12 to each variance. Mean and covariance are computed from the
// integers and rounded once or twice, without cancellation.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace sr3 {

// The features (N,D) rounded as the sums round them, as float64. DataError if one is not finite or beyond 2^31.
at::Tensor rounded_features(const at::Tensor& features);

class Moments {
 public:
  // Adds features (N,D) of any floating-point type. DataError if one is not finite, or if a sum gets too large to be
  // exact.
  void add(const at::Tensor& features);
  // Adds or subtracts the sums of other features. std::logic_error if the dimensions differ, unless one of the two is
  // empty.
  void merge(const Moments& other);
  void remove(const Moments& other);

  int64_t count() const { return count_; }
  int64_t dimension() const { return static_cast<int64_t>(sum_.size()); }
  at::Tensor mean() const;                    // (D) float64; requires count() >= 1
  at::Tensor covariance(int64_t ddof) const;  // (D,D) float64, divided by N - ddof; requires N - ddof >= 1

  // The sums as tensors for a file: int64 (2,D), and (2,D(D+1)/2) for the upper triangle row by row. A value is row 0
  // times 2^32 plus row 1, which is in 0..2^32-1; in units of 2^-16 for sums and of 2^-32 for outer products.
  at::Tensor packed_sum() const;
  at::Tensor packed_outer() const;
  // The inverse. DataError, without the name of a file, if the tensors cannot be such sums.
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
