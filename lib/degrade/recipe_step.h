// One step of a degradation whose values have been drawn, and what it does to an image.
// Images are processed as floats in 8-bit grey levels, also those of 16 bits. They are clipped where noise is added, and rounded to
// the image's depth where a JPEG or a resize of whole levels (pillow, pillow12, matlab) needs that, and at the end.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/rng.h"
#include "degrade/blur_kernel.h"
#include "degrade/resize.h"
#include "image/image.h"

namespace sr3 {

enum class BlurShape { kGaussian, kGeneralised, kPlateau, kSinc };
inline constexpr const char* kBlurShapes[] = {"gaussian", "generalised", "plateau", "sinc"};

struct DrawnBlur {
  BlurShape shape = BlurShape::kGaussian;
  int64_t size = 21;
  Spread spread = {};
  double beta = 1;    // generalised and plateau
  double cutoff = 0;  // sinc
};

// The unsharp mask with which Real-ESRGAN sharpens its images: amount times the difference from a Gaussian blur is added where the
// difference exceeds the threshold; the border of that mask is blurred likewise.
struct DrawnSharpen {
  double amount = 0.5, sigma = 8;
  double threshold = 10;  // grey levels
};

struct DrawnResize {
  bool to_result = false;  // the factor is of the result's size; else of the size so far
  double factor = 1;
  Kernel kernel = Kernel::kBicubic;
  std::optional<Convention> convention = {};  // none: interpolate.h
};

struct DrawnNoise {
  bool poisson = false, grey = false;
  double strength = 0;  // sigma in grey levels, or the scale of Poisson noise
};

struct DrawnJpeg {
  int quality = 75;
  bool full_chroma = false;
};

using DrawnStep = std::variant<DrawnBlur, DrawnSharpen, DrawnResize, DrawnNoise, DrawnJpeg>;

// A step as text, with three digits: "blur plateau 13 2.1 0.4 -1.2 1.7" (size, both sigmas, angle, beta), "blur sinc 9 2.5",
// "sharpen 0.5 8 10", "resize 0.43 bilinear", "resize result bicubic", "noise poisson 1.2 grey", "jpeg 43 4:2:0".
std::string step_text(const DrawnStep& step);

// The image after all steps, of any size. width and height: of the result; the noise of step i has the stream
// kRandomRecipeNoise + i. DataError for an image that becomes too large to be resized or compressed.
Image after_steps(const Image& image, const std::vector<DrawnStep>& steps, int64_t width, int64_t height, uint64_t seed,
                  uint64_t index);

// A JPEG round trip of the image, which is rounded to 8 bits and keeps its depth. full_chroma: as in EncodeOptions. DataError if
// a side is too long for JPEG.
Image jpeg_round_trip(const Image& image, int quality, int full_chroma);

}  // namespace sr3
