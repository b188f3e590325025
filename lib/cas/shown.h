// Images as a classifier's network sees them, made by worker threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <vector>

#include "cas/classifier_recipe.h"
#include "cas/labelled.h"
#include "nn/resnet.h"
#include "stream/workers.h"

namespace sr3 {

using ShownImage = std::vector<float>;  // size * size * 3 values, as of shown_for_test()

// (N,3,size,size) on the device. Throws what a worker threw.
at::Tensor batch_of(std::vector<std::future<ShownImage>>& images, int64_t size, at::Device device);

// What is done with a batch before the network sees it.
using Preparation = std::function<at::Tensor(const at::Tensor&)>;

// The logits (N,classes) of all images in order, fp32 on the CPU. `done` is called with the number of images after each batch;
// nothing if it says false.
std::optional<at::Tensor> logits_of(const ResNet& network, const ClassifierRecipe& recipe, const LabelledImages& images,
                                    Workers& workers, at::Device device, const Preparation& prepare = {},
                                    const std::function<bool(int64_t)>& done = {});

}  // namespace sr3
