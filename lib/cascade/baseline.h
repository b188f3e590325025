// The baseline that super-resolution is compared with: resizing by a whole factor or to a size, without a stage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cascade/final_size.h"
#include "image/image.h"

namespace sr3 {

class Options;

struct Baseline {
  std::string kernel;            // nearest or one of degrade/kernel.h; "": no baseline
  std::optional<int64_t> scale;  // factor for both sides
  std::string convention = "pillow";
  void declare(Options& options);

  bool wanted() const { return !kernel.empty(); }
  void validate(const FinalSize& final_size = {}) const;  // throws UsageError for contradictory options
  // The image resized to the final size, or without one by the scale; of the same depth, with its alpha resized likewise.
  // DataError as FinalSize::of.
  Image operator()(const Image& image, const FinalSize& final_size = {}) const;
};

}  // namespace sr3
