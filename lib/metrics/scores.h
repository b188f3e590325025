// What sr-metrics(1) says of one super-resolved image: its likeness to the true one, and whether it agrees with the
// low-resolution image that it came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "image/image.h"

namespace sr3 {

class Options;

struct ScoreOptions {
  int64_t crop = 0;                // pixels cut from each border before psnr and ssim
  int64_t scale = 0;               // reference cut right and bottom to a multiple, as degrade(1) does; 0: as it is
  std::string kernel = "bicubic";  // of the shrinking, for the consistency
  std::string convention = "pillow";
  void declare(Options& options);
};

struct Scores {
  double psnr = 0, psnr_y = 0;                        // RGB, luma
  std::optional<double> ssim, ssim_y;                 // none of what is smaller than SSIM's window
  std::optional<double> consistency, rounding_floor;  // with a low-res image only; both on the scale 0..1, squared
};

// DataError without the images' names: sizes that differ or do not fit the scale.
// rounding_floor: the mean square error that rounding to low_res' depth makes by itself, a twelfth of a level squared.
Scores score(const ScoreOptions& options, const Image& reference, const Image& image, const Image* low_res);

}  // namespace sr3
