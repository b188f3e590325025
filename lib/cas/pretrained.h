// A classifier that was trained on real images, and sets of images that are made from the same ones: how many does it still
// recognise? So SR3 (Saharia et al. 2021, table 3) compares enlarged images of ImageNet by a ResNet-50.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "cas/cas.h"

namespace sr3 {

class Options;

struct PretrainedOptions {
  std::string weights, class_names;
  int64_t size = 224, cache_mb = 4096, threads = 0;
  bool unlike = false;
  void declare(Options& options);  // weights and class_names
};

// A set's answers, and whether its images are those of the first set, one by one.
struct ClassifiedSet {
  CasRun run;
  bool paired = true;
};

// The answers of the classifier for each of `sets`, in order. Images as in torchvision's evaluation: the centre square of 7/8 of
// the shorter side at size x size, less the mean of ImageNet's colours, divided by their standard deviation.
// Weights: torchvision's of ResNet-50, 101 or 152, as torch.save or safetensors wrote them. The classes are the names in the
// file class_names, or else those of the first set; they are as many as the network's outputs, in the same order (of torchvision's
// weights, ImageNet's 1,000 in the order of their WordNet numbers).
// Throws Error if the sets do not have the same images by key and class, unless options.unlike allows it; DataError for unsuitable
// weights. Nothing after SIGINT or SIGTERM.
std::optional<std::vector<ClassifiedSet>> classify_sets(const std::vector<std::string>& sets,
                                                        const PretrainedOptions& options, at::Device device,
                                                        const ProgressOptions& progress);

}  // namespace sr3
