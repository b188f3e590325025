// Resampling kernels and the weight tables made of them: which input samples make output sample i, and how much of each.
// Two phase conventions, each as its reference computes it, operation by operation, so that rounding falls the same way:
//   cut       Pillow's Resample.c (torch and TensorFlow with antialias agree): c = (i + 0.5) * in / out,
//             taps int(c - s + 0.5) .. int(c + s + 0.5), cut at the border, weights renormalised
//   mirrored  MATLAB's imresize: u = (i + 0.5) * in / out, samples beyond the border are those mirrored in it
// When shrinking, kernels are stretched by in / out (antialiasing). Nothing here touches an image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sr3 {

enum class Kernel { kBox, kBilinear, kBicubic, kLanczos };  // support 0.5, 1, 2 (a = -0.5), 3
enum class Convention { kPillow, kPillow12, kMatlab, kFloat };

Kernel kernel_named(const std::string& name);          // UsageError
Convention convention_named(const std::string& name);  // UsageError
const char* name_of(Kernel kernel);
const char* name_of(Convention convention);

// Output i is the sum over k in begin[i] .. begin[i + 1] - 1 of weight[k] * input[index[k]].
template <class Weight>
struct WeightTable {
  std::vector<int64_t> begin;  // outputs + 1
  std::vector<int32_t> index;
  std::vector<Weight> weight;
  int64_t outputs() const { return static_cast<int64_t>(begin.size()) - 1; }
};

// Sample i of a line of `size` that goes on mirrored beyond its ends: 0 .. size-1, size-1 .. 0, and so on.
int32_t mirrored_index(int64_t i, int64_t size);

WeightTable<double> cut_weights(int64_t in, int64_t out, Kernel kernel);
WeightTable<double> mirrored_weights(int64_t in, int64_t out, Kernel kernel);

// Pillow's 8-bit weights: times 2^22, rounded half away from zero.
constexpr int kFixedPointBits = 22;
WeightTable<int32_t> fixed_point(const WeightTable<double>& table);

}  // namespace sr3
