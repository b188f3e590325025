// The baseline that super-resolution is compared with: resizing by a whole factor, without a stage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "image/image.h"

namespace sr3 {

class Options;

struct Baseline {
  std::string kernel;            // nearest or one of degrade/kernel.h; "": no baseline
  std::optional<int64_t> scale;  // factor for both sides
  std::string convention = "pillow";
  void declare(Options& options);

  bool wanted() const { return !kernel.empty(); }
  void validate() const;  // throws UsageError for contradictory options
  // The resized image, of the same depth, with its alpha resized likewise.
  Image operator()(const Image& image) const;
};

}  // namespace sr3
