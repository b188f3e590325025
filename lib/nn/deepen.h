// A trained network with more blocks added to it, which begins as the same function (Net2DeeperNet: Chen, Goodfellow and
// Shlens 2016, "Net2Net: Accelerating Learning via Knowledge Transfer", arXiv:1511.05641).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "nn/unet_options.h"
#include "tensor/named_tensors.h"

namespace sr3 {

// Whether `to` is `from` with more blocks at some levels and else of the same shapes, and its skips pass on what they get
// (skip_scale 1).
bool is_deeper(const UNetOptions& from, const UNetOptions& to);

// The tensors of a network of options `from` under the names that they have in one of options `to`, with those of the new
// blocks, taken from `fresh` (all tensors of `to`, with initial_parameters' zeros), set to pass on what they get. The new
// blocks of a level are its encoder's last ones, and its decoder's after its first: there each old block still joins what
// it was trained with. Names that `from` does not have stay as they are.
NamedTensors deepen(const UNetOptions& from, const UNetOptions& to, const NamedTensors& tensors,
                    const NamedTensors& fresh);

}  // namespace sr3
