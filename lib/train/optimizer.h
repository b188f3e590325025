// Adam (Kingma & Ba 2015, algorithm 1; with weight decay: AdamW, Loshchilov & Hutter 2019) and the exponential moving
// average of the weights, in one pass over memory. fp32 masters. Elementwise, so the same bytes whatever the thread
// count.
//   m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2
//   p = p (1 - rate decay) - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
//   ema = ema + (1 - d) (p - ema)
// Refuses to judge gradients: clipping and skipping are the trainer's.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace sr3 {

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;
};

class Adam {
 public:
  // The parameters are changed in place, their gradients read. ema begins as a copy, m and v at zero.
  Adam(std::vector<at::Tensor> parameters, const AdamOptions& options);

  // The 2-norm of all gradients together, summed in double in a fixed order; inf or NaN when one is. An undefined
  // gradient counts as zeros.
  double gradient_norm() const;
  // The t-th update (from 1); gradients are multiplied by `gradient_scale` first. ema_decay: d above.
  void step(int64_t t, double rate, double gradient_scale, double ema_decay);
  // Gradients become undefined: the next backward pass writes instead of adding.
  void clear_gradients();

  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  // In the parameters' order; may be written to (resuming).
  const std::vector<at::Tensor>& first_moment() const { return m_; }
  const std::vector<at::Tensor>& second_moment() const { return v_; }
  const std::vector<at::Tensor>& ema() const { return ema_; }

 private:
  struct Chunk {
    size_t tensor;
    int64_t begin, end;
  };
  void step_on_cpu(const std::vector<at::Tensor>& gradients, double rate, double scale, double ema_decay, double c1,
                   double c2);
  std::vector<at::Tensor> gradients() const;

  AdamOptions options_;
  std::vector<at::Tensor> parameters_, m_, v_, ema_;
  std::vector<Chunk> chunks_;
};

}  // namespace sr3
