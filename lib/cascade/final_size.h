// The size that results are brought to at the end: the stages enlarge by their scale, and an antialiased bicubic resize, that of
// degrade(1) with Pillow's arithmetic, goes from there to the size, in either direction.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "image/image.h"

namespace sr3 {

class Options;

struct FinalSize {
  int64_t width = 0, height = 0;  // of --size; one of them 0: by the aspect of the image; both 0: not given
  std::optional<double> factor;   // of --final-scale: for both sides of the input
  void declare(Options& options);

  bool wanted() const { return width > 0 || height > 0 || factor; }
  void validate() const;  // throws UsageError for both options
  // The width and height of the result of an image of width x height pixels, each at least 1 and rounded to the nearest. DataError
  // if it has more than Limits{}.max_pixels.
  std::pair<int64_t, int64_t> of(int64_t image_width, int64_t image_height) const;
};

// The image in this size, with its alpha resized likewise and the colours independently of it. An image that has the size
// already is returned as it is.
Image at_final_size(Image image, std::pair<int64_t, int64_t> size);

}  // namespace sr3
