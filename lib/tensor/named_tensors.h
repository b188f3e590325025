// Named tensors in a fixed order: the weights of a network, the arrays of a file.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace sr3 {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// A shape as text, for messages: "(3,64,3,3)".
std::string shape_text(at::IntArrayRef shape);

}  // namespace sr3
