// What a norm of a plan multiplies and adds, in training and in inference.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/forward.h"
#include "nn/group_norm_silu.h"
#include "nn/unet.h"

namespace sr3 {

// All but x. projection: of the embedding, for the norm's block (N, 2 C or C); not read where `use` has none.
GroupNormInput norm_input(const Plan& plan, const Parameters& parameters, const NormUse& use,
                          const at::Tensor& projection);

}  // namespace sr3
