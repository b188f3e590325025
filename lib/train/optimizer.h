// Adam (Kingma & Ba 2015, algorithm 1; with weight decay: AdamW, Loshchilov & Hutter 2019) and the exponential moving
// average (EMA) of the weights, in one traversal of memory. Weights and state are fp32. The update is elementwise, so the
// result has the same bytes whatever the number of threads.
//   m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2
//   p = p (1 - rate decay) - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
//   ema = ema + (1 - d) (p - ema)
// The caller decides about gradients: clipping, and skipping steps that are not finite, are up to the trainer.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "parallel/slices.h"

namespace sr3 {

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;
};

class Adam {
 public:
  // step() reads the gradients of the parameters and changes the parameters in place. The EMA starts as a copy of them,
  // m and v start at zero. Of several processes (ZeRO, stage 1) each has the state of its slice of the parameters only, which alone
  // its step() changes.
  Adam(std::vector<at::Tensor> parameters, const AdamOptions& options, int64_t process = 0, int64_t processes = 1);

  // The 2-norm of all gradients together, summed in double precision and on the CPU in a fixed order; infinite or NaN
  // if a gradient is. An undefined gradient counts as zero.
  double gradient_norm() const;
  // Its square, a float64 scalar on the parameters' device, for which nobody waits.
  at::Tensor squared_norm() const;
  // Update t, counted from 1. Gradients are multiplied by `gradient_scale` first; an undefined gradient counts as zero.
  // `ema_decay` is d above.
  // `more_decays`: of the averages that were added, as many.
  void step(int64_t t, double rate, double gradient_scale, double ema_decay,
            const std::vector<double>& more_decays = {});
  // Adds a moving average beside ema(), which starts as a copy of the parameters.
  void add_average();
  // Makes all averages copies of the parameters.
  void start_ema();
  // Makes all gradients undefined, so that the next backward pass writes them instead of adding to them.
  void clear_gradients();
  // Takes the gradients away, which become undefined. They have the parameters' strides; zeros for an undefined one.
  std::vector<at::Tensor> take_gradients();
  void set_gradients(const std::vector<at::Tensor>& gradients);  // in the order of the parameters

  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  const Slices& slices() const { return slices_; }
  // The state, in the order of the parameters. Resuming a training writes to these tensors. Of several processes: of a
  // parameter that is not wholly in this process's slice the numbers that are, flat.
  const std::vector<at::Tensor>& first_moment() const { return m_; }
  const std::vector<at::Tensor>& second_moment() const { return v_; }
  const std::vector<at::Tensor>& ema() const { return ema_; }
  const std::vector<std::vector<at::Tensor>>& more_ema() const { return more_ema_; }

 private:
  struct Chunk {
    size_t tensor;
    int64_t begin, end;
  };
  void step_on_cpu(const std::vector<at::Tensor>& gradients, double rate, double scale, double ema_decay,
                   const std::vector<double>& more_decays, double c1, double c2);
  std::vector<at::Tensor> gradients() const;
  at::Tensor own_part(size_t i, const at::Tensor& whole) const;

  AdamOptions options_;
  std::vector<at::Tensor> parameters_, m_, v_, ema_;
  std::vector<std::vector<at::Tensor>> more_ema_;
  Slices slices_;
  std::vector<Span> own_;                   // of each parameter, what is in this process's slice
  std::vector<Chunk> chunks_, own_chunks_;  // of all numbers, and of those
};

}  // namespace sr3
