// Activation checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174): of a part of the
// network only the inputs are kept, and the backward pass computes the part again for its gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace sr3 {

// A part of the network: a function of a map, of another one that it may join, and of the embedding; undefined where it has none.
using NetworkPart = std::function<at::Tensor(const at::Tensor& h, const at::Tensor& kept, const at::Tensor& embedding)>;

// run(h, kept, embedding), whose gradients have the bits of those without checkpointing, as long as `run` computes the same
// each time. It is called once here and once in the backward pass, and must own what it refers to. Tensors that it reaches in
// other ways, such as weights, get their gradients by Tensor::backward only: torch::autograd::grad does not find them.
at::Tensor checkpointed(const NetworkPart& run, const at::Tensor& h, const at::Tensor& kept,
                        const at::Tensor& embedding);

}  // namespace sr3
