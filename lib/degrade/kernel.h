// Resampling kernels and their weight tables: the input samples of each output sample, and their weights.
// There are two conventions, both computed as their references do, operation by operation, so that they round alike:
//   cut       Pillow's Resample.c (torch and TensorFlow with antialias agree): c = (i + 0.5) * in / out,
//             taps int(c - s + 0.5) .. int(c + s + 0.5), cut at the border, weights renormalised
//   mirrored  MATLAB's imresize: u = (i + 0.5) * in / out, the image mirrored at its border
// When shrinking, kernels are stretched by in / out (antialiasing). The tables are applied in separable.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sr3 {

enum class Kernel { kBox, kBilinear, kBicubic, kLanczos };  // support 0.5, 1, 2 (a = -0.5), 3
enum class Convention { kPillow, kPillow12, kMatlab, kFloat };

Kernel kernel_named(const std::string& name);          // UsageError for an unknown name
Convention convention_named(const std::string& name);  // likewise
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

// The index in a line of `size` samples of sample i, where the line is continued by mirroring: 0 .. size-1, size-1 .. 0,
// and so on in both directions.
int32_t mirrored_index(int64_t i, int64_t size);

// The weights by which a line of `in` samples is resized to `out`.
WeightTable<double> cut_weights(int64_t in, int64_t out, Kernel kernel);
WeightTable<double> mirrored_weights(int64_t in, int64_t out, Kernel kernel);

// The weights of Pillow's 8-bit resize: multiplied by 2^22, rounded half away from zero.
constexpr int kFixedPointBits = 22;
WeightTable<int32_t> fixed_point(const WeightTable<double>& table);

}  // namespace sr3
