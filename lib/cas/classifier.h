// Trains a residual network on labelled images and evaluates it on others: one run of cas(1). All random draws depend
// only on the seed and the number of the example, so a resumed run equals an uninterrupted one.
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
  std::vector<std::string> classes;  // the classes of the network's outputs; an image of another class is an error
  std::string state;                 // folder to resume from, saved every minute and at a signal; "": none
  std::string settings;              // stored in the state, and compared when it is resumed
  at::Device device = at::kCPU;
  int64_t threads = 0;    // that decode
  std::string name = {};  // of this run, for the progress
};

// Trains the classifier and returns the logits of the test images in order, (N,classes) fp32 on the CPU. Nothing after
// SIGINT or SIGTERM; the state is then saved. The state is removed when the training is complete. Error if the loss is
// not finite, UsageError if the state has other settings.
std::optional<at::Tensor> train_classifier(const ClassifierOptions& options, const LabelledImages& train,
                                           const LabelledImages& test, const ProgressOptions& progress);

}  // namespace sr3
