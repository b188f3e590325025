// The scores that sr-metrics(1) reports for one super-resolved image: its similarity to the reference, and its
// consistency with the low-resolution image that it was made from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "image/image.h"

namespace sr3 {

class Options;

struct ScoreOptions {
  int64_t crop = 0;                // pixels cut from each border before psnr and ssim
  int64_t scale = 0;               // the reference is cut right and bottom to a multiple, as by degrade(1); 0: not
  std::string kernel = "bicubic";  // of the downsampling, for the consistency
  std::string convention = "pillow";
  void declare(Options& options);
};

struct Scores {
  double psnr = 0, psnr_y = 0;                        // RGB, luma
  std::optional<double> ssim, ssim_y;                 // not for images smaller than SSIM's window
  std::optional<double> consistency, rounding_floor;  // only with low_res; mean square errors on the scale 0..1
};

// Compares `image` with its reference, and with low_res unless that is null. rounding_floor is the mean square error of
// rounding to low_res' depth alone, a twelfth of a level squared. Throws DataError, without the images' names, when
// sizes differ or do not fit the scale.
Scores score(const ScoreOptions& options, const Image& reference, const Image& image, const Image* low_res);

}  // namespace sr3
