// How cas(1) trains a classifier: network, learning rate schedule, and data augmentation.
//   digits    ResNet-20 at 28x28, its first convolution with stride 2; 10 epochs, cosine decay; small random rotations,
//             zooms and shifts
//   small     ResNet-56 at 32x32, as He et al. 2016 trained it on CIFAR-10: 182 epochs, learning rate / 10 at 91 and
//             136; random shifts by up to 4 pixels and horizontal flips
//   resnet50  ResNet-50 at 224x224, as Ravuri & Vinyals 2019 (after Goyal et al. 2017): 90 epochs, warmup over 5,
//             learning rate / 10 at 30, 60 and 80; random crops of 8% to 100% of the area and horizontal flips; tested on
//             the centre crop
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
  double warmup = 0;          // in epochs
  std::vector<double> drops;  // fractions of the training at which the rate is divided by 10; empty: cosine decay to 0
  double turn = 0, zoom = 0;  // largest random rotation in degrees, and largest relative zoom
  double shift = 0;           // largest random shift in pixels; whole pixels if there is no rotation
  bool mirror = false;        // random horizontal flips
  bool random_part = false;   // random crops instead of rotations, zooms and shifts

  // The learning rate of `step`, counted from 0, of `steps` in all; `epoch` is the number of steps in an epoch.
  double rate(int64_t step, int64_t steps, double epoch) const;
  // JSON of all settings that change a result.
  std::string settings() const;
};

// UsageError if there is no such recipe.
ClassifierRecipe recipe_named(const std::string& name);

// The network's input for a test image: size * size * 3 interleaved values in [-1,1]. The central square (resnet50: its
// inner 7/8) is resized by area averaging, or if it is enlarged, by bicubic interpolation.
std::vector<float> shown_for_test(const ClassifierRecipe& recipe, const Image& image);
// The network's input for a training image, with the recipe's augmentation.
std::vector<float> shown_for_training(const ClassifierRecipe& recipe, const Image& image, RandomStream& random);

}  // namespace sr3
