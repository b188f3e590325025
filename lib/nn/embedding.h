// What the network is told besides images: the noise level, the class, the augmentation level, as one vector an example.
// Sinusoids: Vaswani et al. 2017; the order of halves and the exponent differ between codebases (LevelEmbedding).
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/unet.h"
#include "nn/unet_plan.h"

namespace sr3 {

// (N, width) in the dtype of `level` (N): cos and sin of level * scale * 10000^(-k / (half - frequency_shift)), angles in float64.
// An odd width ends with a zero.
at::Tensor sinusoid(const LevelEmbedding& options, int64_t width, const at::Tensor& level);

// linear(SiLU(linear(x))) with the parameters <name>.0 and <name>.2.
at::Tensor embedding_mlp(const Parameters& parameters, const std::string& name, const at::Tensor& x);

// (N, embedding): the sum of what the options ask for; undefined when that is nothing. The inputs must be there
// (check_conditioning).
at::Tensor embed_level(const Plan& plan, const Parameters& parameters, const at::Tensor& level);
at::Tensor embed_rest(const Plan& plan, const Parameters& parameters, const at::Tensor& labels,
                      const at::Tensor& augmentation_level);

// Error unless labels and augmentation levels are there exactly when the network wants them, (N), and labels in -1..classes-1.
void check_conditioning(const UNetOptions& options, const at::Tensor& labels, const at::Tensor& augmentation_level,
                        int64_t n);

}  // namespace sr3
