// The embedding that conditions the network on the noise level, the class and the augmentation level: one vector per example.
// Sinusoids: Vaswani et al. 2017; the order of the halves and the exponent differ between codebases (LevelEmbedding).
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/unet.h"
#include "nn/unet_plan.h"

namespace sr3 {

// Returns (N, width) in the dtype of `level` (N): the cosine and sine of level * scale * 10000^(-k / (half - frequency_shift))
// for k in 0..half-1, half = width / 2, in the options' order. Angles are computed in float64. An odd width ends with a zero.
at::Tensor sinusoid(const LevelEmbedding& options, int64_t width, const at::Tensor& level);

// linear(SiLU(linear(x))) with the parameters <name>.0 and <name>.2.
at::Tensor embedding_mlp(const Parameters& parameters, const std::string& name, const at::Tensor& x);

// The embedding (N, embedding) of the noise levels (N); undefined when the network is not conditioned on them.
at::Tensor embed_level(const Plan& plan, const Parameters& parameters, const at::Tensor& level);
// The sum (N, embedding) of the embeddings of the class labels and the augmentation levels, as far as the network is
// conditioned on them; undefined when it is on neither. The inputs must have passed check_conditioning.
at::Tensor embed_rest(const Plan& plan, const Parameters& parameters, const at::Tensor& labels,
                      const at::Tensor& augmentation_level);

// Throws Error unless the labels, which are on the CPU, are int64 in -1..classes-1 (-1: no class).
void check_labels(const UNetOptions& options, const at::Tensor& labels);
// Throws Error unless labels and augmentation levels are given exactly when the network needs them, each of shape (n), and the
// labels pass check_labels(). On another device than a CPU their values are not looked at.
void check_conditioning(const UNetOptions& options, const at::Tensor& labels, const at::Tensor& augmentation_level,
                        int64_t n);

}  // namespace sr3
