// Tensors with their names, in an order that is kept: the weights of a network, the arrays of a file.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace sr3 {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// "(3,64,3,3)", for messages.
std::string shape_text(at::IntArrayRef shape);

}  // namespace sr3
