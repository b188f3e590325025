// How low-resolution images are made from high-resolution ones: centre crop, blur, resize, noise, JPEG, in that order; or centre
// crop and the steps of a random recipe (random_recipe.h), drawn anew for each image. The same recipe serves degrade(1), the
// trainer and the metrics, and is recorded in the stage's manifest.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "degrade/resize.h"

namespace sr3 {

class Options;
class RandomRecipe;

// Stands for the kernel in the manifest of a stage that learned from low-resolution images which were not made from the others.
constexpr const char* kGivenImages = "given";

struct RecipeOptions {
  int64_t scale = 0;               // -s: shrink N times, cropping right and bottom to a multiple of N first; 0: unset
  std::string size;                // --size WxH instead; may enlarge
  std::string kernel = "bicubic";  // of a stage also kGivenImages
  std::string convention = "pillow";
  bool center_crop = false;  // the largest central square first (or, with --size, the largest crop of its shape)
  double blur = 0;           // Gaussian sigma in high-resolution pixels
  double noise = 0;          // Gaussian sigma in 8-bit grey levels, on the small image
  int64_t jpeg = 0;          // quality 1..100: one JPEG round trip of the small image; 0: none
  // The JSON text of a random recipe, or empty. Then kernel, convention, blur, noise and jpeg must have their defaults.
  std::string operations;
  // Declares all but operations, which is for the program to find by name.
  void declare(Options& options);
};

// The kernel by which the images are shrunk, if that is all that is done to them but a blur, noise and JPEG of fixed
// strengths; nothing for a random recipe of more than one resize, and for given images.
std::optional<Kernel> shrinking_kernel(const RecipeOptions& options);

class Recipe {
 public:
  // UsageError for values out of range, for both scale and size, and for neither; DataError for operations that are no
  // recipe.
  explicit Recipe(const RecipeOptions& options);

  // The low-resolution image, of the same depth. seed and index are the key of the noise, and of all that a random recipe
  // draws. DataError when the image is smaller than the scale, or too large to be resized or compressed.
  Image operator()(const Image& image, uint64_t seed, uint64_t index) const;

  // The steps that a random recipe draws for an image, as text: "blur gaussian 1.2; resize 0.5 bilinear; jpeg 43".
  std::string steps(uint64_t seed, uint64_t index) const;

  // The part of the high-resolution image that the low-resolution one shows: the reference of a super-resolution result.
  Image cropped(const Image& image) const;

 private:
  struct Part {
    int64_t x, y, width, height;
  };
  Part part_of(const Image& image) const;

  RecipeOptions options_;
  Kernel kernel_;
  Convention convention_;
  int64_t width_ = 0, height_ = 0;  // of --size
  std::shared_ptr<const RandomRecipe> random_;
};

}  // namespace sr3
