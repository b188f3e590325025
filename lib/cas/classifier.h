// Trains a residual network on images with classes, and asks it about others: one run of cas(1). Everything that is
// drawn depends on the seed and the example's number alone, so a resumed run equals a straight one.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "cas/classifier_recipe.h"
#include "cas/labelled.h"

namespace sr3 {

struct ClassifierOptions {
  ClassifierRecipe recipe;
  uint64_t seed = 0;
  std::vector<std::string> classes;  // that the network tells apart; images of others are an error
  std::string state;                 // folder to resume from, saved once a minute and when stopped; "": none
  std::string settings;              // what a state must agree with
  at::Device device = at::kCPU;
  int64_t threads = 0;  // that decode
};

// The test images' logits, (N,classes) fp32 on the CPU, in order; nothing when SIGINT or SIGTERM came, the state saved.
// The state goes when the training is done. Error when the loss is no number; UsageError when a state is of other
// settings.
std::optional<at::Tensor> train_classifier(const ClassifierOptions& options, const LabelledImages& train,
                                           const LabelledImages& test, const ProgressOptions& progress);

}  // namespace sr3
