// How cas(1) trains a classifier: network, schedule, and what is done to images before they are shown.
//   digits    ResNet-20 at 28x28, its first convolution at stride 2; 10 epochs, cosine; turned, zoomed, shifted a little
//   small     ResNet-56 at 32x32, as He et al. 2016 trained it on CIFAR-10: 182 epochs, /10 at 91 and 136; shifted by up
//             to 4 pixels, mirrored
//   resnet50  ResNet-50 at 224x224, as Ravuri & Vinyals 2019 (after Goyal et al. 2017): 90 epochs, warm-up over 5, /10
//             at 30, 60 and 80; a random part of 8% to 100% of the image; the centre is tested
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"
#include "image/image.h"

namespace sr3 {

struct ClassifierRecipe {
  std::string name;
  int64_t depth = 20, stem_stride = 1;  // nn/resnet.h
  int64_t size = 32;                    // side of the images as the network sees them
  int64_t batch = 128;
  double epochs = 0;
  double learning_rate = 0.1, weight_decay = 1e-4;
  double warmup = 0;          // epochs
  std::vector<double> drops;  // shares of the training after which the rate is a tenth; none: cosine to 0
  double turn = 0, zoom = 0;  // at most: degrees, share
  double shift = 0;           // at most, in pixels; whole ones unless turned
  bool mirror = false;
  bool random_part = false;  // instead of shifts

  // The rate of step 0 .. steps-1; `epoch` in steps.
  double rate(int64_t step, int64_t steps, double epoch) const;
  // JSON of all that changes a result.
  std::string settings() const;
};

// UsageError.
ClassifierRecipe recipe_named(const std::string& name);

// size * size * 3 interleaved values in [-1,1]: the centre square (resnet50: its inner 7/8), resized by area or,
// enlarged, bicubic.
std::vector<float> shown_for_test(const ClassifierRecipe& recipe, const Image& image);
// The same, changed at random.
std::vector<float> shown_for_training(const ClassifierRecipe& recipe, const Image& image, RandomStream& random);

}  // namespace sr3
