// The nearest training image of each of a set of images, to see whether a model repeats what it was trained on: Carlini et al.
// 2023, "Extracting Training Data from Diffusion Models", section 5.1.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/image.h"
#include "stream/workers.h"

namespace sr3 {

struct Nearest {
  std::string key;        // of the nearest training image
  bool mirrored = false;  // it is nearer when mirrored left to right
  double distance = 0;    // root of the mean square difference of samples, in 8-bit grey levels
  // The distance relative to the mean distance to the K nearest training images, this one included: the paper's measure with
  // alpha = 1. An ordinary image of a dense region has about as many neighbours at its distance, and a ratio near 1; a copy has
  // one that is much nearer than the others. Training images at the same distance, such as duplicates, count once.
  double ratio = 1;
};

// Training images pass by in any number; only the images that are compared with them are kept.
class NearestSearch {
 public:
  struct TrainingImage {
    std::string key;
    Image image;
  };

  // The images are of one size and of 8 bits. neighbours: K, at least 2. mirror: training images count as mirrored ones, too.
  // keep_images: whether images() are wanted. std::logic_error for images of different sizes.
  NearestSearch(std::vector<Image> images, int64_t neighbours, bool mirror, bool keep_images);

  // Compares all images with these training images, of the same size. The result does not depend on how they are divided into
  // calls; of two at the same distance the first one counts.
  void add(const std::vector<TrainingImage>& training, Workers& workers);

  int64_t seen() const { return seen_; }  // training images so far
  // For each image; after at least one training image.
  std::vector<Nearest> nearest() const;
  const std::vector<Image>& images() const {
    return kept_;
  }  // the nearest training images, mirrored where that is nearer

 private:
  struct Found {
    Nearest nearest;
    std::vector<int64_t> squares;  // the K smallest sums of squares so far, as a heap whose first is the largest
    int64_t smallest = INT64_MAX;
  };

  void compare(size_t i, const std::vector<TrainingImage>& training, const std::vector<Image>& turned_over);

  std::vector<Image> images_, kept_;
  std::vector<Found> found_;
  size_t neighbours_;
  bool mirror_;
  int64_t seen_ = 0;
};

// The image mirrored left to right, without alpha.
Image mirrored(const Image& image);

}  // namespace sr3
