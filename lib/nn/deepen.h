// Adds blocks to a trained network without changing the function that it computes (Net2DeeperNet: Chen, Goodfellow and Shlens
// 2016, "Net2Net: Accelerating Learning via Knowledge Transfer", arXiv:1511.05641).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "nn/unet_options.h"
#include "tensor/named_tensors.h"

namespace sr3 {

// Whether `to` has the shapes of `from` except for more blocks at some levels, and new blocks can be identities in it, which
// needs skip_scale 1.
bool is_deeper(const UNetOptions& from, const UNetOptions& to);

// Returns the tensors of a network `from` under the names that they have in the deeper network `to`, and tensors of the new
// blocks that make each of these an identity. `fresh` has all tensors of `to`, as initial_parameters makes them: the last
// convolution of each block is zero. The new blocks of a level are the last ones of its encoder; in its decoder they follow the
// first block, so that each old block is still concatenated with the encoder map that it was trained with. Tensors whose names
// are not layers of `from` keep their names.
NamedTensors deepen(const UNetOptions& from, const UNetOptions& to, const NamedTensors& tensors,
                    const NamedTensors& fresh);

}  // namespace sr3
