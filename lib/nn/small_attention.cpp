#include "nn/small_attention.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "nn/vector_exp.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

constexpr int64_t kMaxPositions = 1024;

#if defined(__x86_64__)

#define SR3_AVX2 __attribute__((target("avx2,fma")))

using Vector __attribute__((vector_size(32))) = float;
using Integers __attribute__((vector_size(32))) = int32_t;
constexpr int64_t kLanes = 8;

// One head of one image: T positions, whose q, k, v (d numbers each) and results are `stride` and `out_stride` numbers apart.
struct Head {
  const float *q, *k, *v;
  float* out;
  int64_t t, d, stride, out_stride;
  float scale;
};

// keys: (d, T rounded up to vectors), scores: as many as a row of keys.
SR3_AVX2 void attend(const Head& head, float* keys, float* scores) {
  const int64_t t = head.t, d = head.d, row = (t + kLanes - 1) / kLanes * kLanes;
  std::fill_n(keys, d * row, 0.0F);
  for (int64_t j = 0; j < t; ++j)
    for (int64_t c = 0; c < d; ++c) keys[c * row + j] = head.k[j * head.stride + c];
  for (int64_t i = 0; i < t; ++i) {
    const float* q = head.q + i * head.stride;
    float highest = -INFINITY;
    for (int64_t j = 0; j < row; j += kLanes) {
      Vector sum = {}, key;
      for (int64_t c = 0; c < d; ++c) {
        std::memcpy(&key, keys + c * row + j, sizeof key);
        sum += key * q[c];
      }
      sum *= head.scale;
      std::memcpy(scores + j, &sum, sizeof sum);
    }
    for (int64_t j = 0; j < t; ++j) highest = std::max(highest, scores[j]);
    for (int64_t j = 0; j < row; j += kLanes) {
      Vector x;
      std::memcpy(&x, scores + j, sizeof x);
      x -= highest;
      vector_exp<Integers>(x);
      std::memcpy(scores + j, &x, sizeof x);
    }
    float total = 0;
    for (int64_t j = 0; j < t; ++j) total += scores[j];
    float* out = head.out + i * head.out_stride;
    std::fill_n(out, d, 0.0F);
    for (int64_t j = 0; j < t; ++j) {
      const float weight = scores[j] / total;
      const float* v = head.v + j * head.stride;
#pragma GCC ivdep
      for (int64_t c = 0; c < d; ++c) out[c] += weight * v[c];
    }
  }
}

bool supported() {
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
}

#else

struct Head {
  const float *q, *k, *v;
  float* out;
  int64_t t, d, stride, out_stride;
  float scale;
};
void attend(const Head&, float*, float*) {}
bool supported() { return false; }

#endif

}  // namespace

bool has_small_attention(const at::Tensor& qkv) {
  return qkv.is_cpu() && qkv.scalar_type() == at::kFloat && qkv.size(2) * qkv.size(3) <= kMaxPositions && supported();
}

at::Tensor small_attention(const at::Tensor& given, int64_t heads) {
  const at::Tensor qkv = given.contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t n = qkv.size(0), channels = qkv.size(1) / 3, d = channels / heads, t = qkv.size(2) * qkv.size(3);
  at::Tensor y = at::empty({n, channels, qkv.size(2), qkv.size(3)}, qkv.options(), at::MemoryFormat::ChannelsLast);
  const auto* from = static_cast<const float*>(qkv.data_ptr());
  auto* to = static_cast<float*>(y.data_ptr());
  const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(d)));
  at::parallel_for(0, n * heads, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> keys(static_cast<size_t>(d * (t + 7))), scores(static_cast<size_t>(t + 7));
    for (int64_t item = begin; item < end; ++item) {
      const int64_t image = item / heads, first = item % heads * d;
      const float* q = from + image * t * 3 * channels + first;
      attend(
          {q, q + channels, q + 2 * channels, to + image * t * channels + first, t, d, 3 * channels, channels, scale},
          keys.data(), scores.data());
    }
  });
  return y;
}

}  // namespace sr3
