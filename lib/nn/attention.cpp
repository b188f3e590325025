#include "nn/attention.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/version.h>
#if TORCH_VERSION_MAJOR >= 2
#include <ATen/ops/scaled_dot_product_attention.h>
#endif

#include <algorithm>
#include <cmath>

#include "nn/small_attention.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

// The most scores that one chunk of queries may have.
constexpr int64_t kChunkNumbers = int64_t{1} << 24;
// The queries of one piece of work on a CPU.
constexpr int64_t kRows = 64;

// q, k, v as (N * heads, T, d), in at least fp32.
struct Heads {
  at::Tensor q, k, v;
  double scale;
  int64_t chunk;
};

Heads split_heads(const at::Tensor& qkv, int64_t heads) {
  const int64_t n = qkv.size(0), d = qkv.size(1) / 3 / heads, t = qkv.size(2) * qkv.size(3);
  const auto type = qkv.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  // (N, T, 3, heads, d) -> 3, N, heads, T, d
  const at::Tensor parts = qkv.permute({0, 2, 3, 1}).reshape({n, t, 3, heads, d}).permute({2, 0, 3, 1, 4});
  const auto part = [&](int64_t i) { return parts.select(0, i).to(type).contiguous().view({n * heads, t, d}); };
  const int64_t chunk =
      std::clamp<int64_t>(kChunkNumbers / std::max<int64_t>(1, n * heads * t), 16, std::max<int64_t>(16, t));
  return {part(0), part(1), part(2), 1 / std::sqrt(static_cast<double>(d)), chunk};
}

// (N * heads, T, d) -> (N, heads * d, H, W) channels_last, in the dtype of `like` (N, any, H, W)
at::Tensor join_heads(const at::Tensor& x, const at::Tensor& like, int64_t heads) {
  const int64_t n = like.size(0), h = like.size(2), w = like.size(3), d = x.size(2);
  return x.view({n, heads, h * w, d})
      .permute({0, 2, 1, 3})
      .reshape({n, h, w, heads * d})
      .to(like.scalar_type())
      .permute({0, 3, 1, 2});
}

// out = softmax(scale q k^T) v for some rows of queries, and the log-sum-exp of each row's scores.
void attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale, at::Tensor out,
            at::Tensor log_sum) {
  const at::Tensor score = at::matmul(q, k.transpose(-2, -1)).mul_(scale);
  const at::Tensor normal = at::logsumexp(score, -1, /*keepdim=*/true);
  log_sum.copy_(normal);
  out.copy_(at::matmul(score.sub_(normal).exp_(), v));
}

// One thread computes each piece, and the pieces depend on T alone, so the result depends neither on the number of threads
// nor on the batch. There are at least two pieces, because a loop of one would leave its threads to the matrix product.
void attend_in_threads(const Heads& s, at::Tensor& out, at::Tensor& log_sum) {
  const int64_t t = s.q.size(1), rows = std::min(kRows, (t + 1) / 2), pieces = (t + rows - 1) / rows;
  at::parallel_for(0, s.q.size(0) * pieces, 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;  // the gradient mode is per thread
    for (int64_t item = begin; item < end; ++item) {
      const int64_t head = item / pieces, i = item % pieces * rows, n = std::min(rows, t - i);
      attend(s.q[head].narrow(0, i, n), s.k[head], s.v[head], s.scale, out[head].narrow(0, i, n),
             log_sum[head].narrow(0, i, n));
    }
  });
}

class SelfAttention : public torch::autograd::Function<SelfAttention> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& qkv, int64_t heads) {
    const Heads s = split_heads(qkv, heads);
    const int64_t t = s.q.size(1);
    at::Tensor out = at::empty_like(s.q);
    at::Tensor log_sum = at::empty({s.q.size(0), t, 1}, s.q.options());
    if (qkv.is_cpu()) {
      attend_in_threads(s, out, log_sum);
    } else {
      for (int64_t i = 0; i < t; i += s.chunk) {
        const int64_t n = std::min(s.chunk, t - i);
        attend(s.q.narrow(1, i, n), s.k, s.v, s.scale, out.narrow(1, i, n), log_sum.narrow(1, i, n));
      }
    }
    if (context != nullptr) {
      context->save_for_backward({qkv, out, log_sum});
      context->saved_data["heads"] = heads;
    }
    return join_heads(out, qkv, heads);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &qkv = saved[0], &out = saved[1], &log_sum = saved[2];
    const int64_t heads = context->saved_data["heads"].toInt();
    const Heads s = split_heads(qkv, heads);
    const int64_t n = qkv.size(0), h = qkv.size(2), w = qkv.size(3), t = h * w, d = s.q.size(2);
    const at::Tensor d_out = gradients[0]
                                 .permute({0, 2, 3, 1})
                                 .reshape({n, t, heads, d})
                                 .permute({0, 2, 1, 3})
                                 .to(s.q.scalar_type())
                                 .contiguous()
                                 .view({n * heads, t, d});
    const at::Tensor dot = (d_out * out).sum(-1, /*keepdim=*/true);
    // (3, N * heads, T, d), filled chunk by chunk
    const at::Tensor all = at::zeros({3, n * heads, t, d}, s.q.options());
    at::Tensor dq = all.select(0, 0), dk = all.select(0, 1), dv = all.select(0, 2);
    for (int64_t i = 0; i < t; i += s.chunk) {
      const int64_t m = std::min(s.chunk, t - i);
      const at::Tensor q = s.q.narrow(1, i, m), g = d_out.narrow(1, i, m);
      const at::Tensor p = at::bmm(q, s.k.transpose(1, 2)).mul_(s.scale).sub_(log_sum.narrow(1, i, m)).exp_();
      dv.baddbmm_(p.transpose(1, 2), g);
      const at::Tensor ds = at::bmm(g, s.v.transpose(1, 2)).sub_(dot.narrow(1, i, m)).mul_(p).mul_(s.scale);
      dq.narrow(1, i, m).copy_(at::bmm(ds, s.k));
      dk.baddbmm_(ds.transpose(1, 2), q);
    }
    const at::Tensor d_qkv = all.view({3, n, heads, t, d}).permute({1, 3, 0, 2, 4}).reshape({n, h, w, 3 * heads * d});
    return {d_qkv.to(qkv.scalar_type()).permute({0, 3, 1, 2}), at::Tensor()};
  }
};

}  // namespace

at::Tensor self_attention(const at::Tensor& qkv, int64_t heads) {
#if TORCH_VERSION_MAJOR >= 2
  if (qkv.is_cuda()) {  // libtorch's fused kernels do not store the scores
    const int64_t n = qkv.size(0), h = qkv.size(2), w = qkv.size(3), d = qkv.size(1) / 3 / heads;
    const at::Tensor parts = qkv.permute({0, 2, 3, 1}).reshape({n, h * w, 3, heads, d}).permute({2, 0, 3, 1, 4});
    const at::Tensor y = at::scaled_dot_product_attention(parts.select(0, 0), parts.select(0, 1), parts.select(0, 2));
    return y.transpose(1, 2).reshape({n, h, w, heads * d}).permute({0, 3, 1, 2});
  }
#endif
  if (!at::GradMode::is_enabled() && has_small_attention(qkv)) return small_attention(qkv, heads);
  return SelfAttention::apply(qkv, heads);
}

}  // namespace sr3
