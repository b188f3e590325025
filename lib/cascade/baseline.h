// What super-resolution is compared with: plain resizing by a whole factor. Needs no stage and no network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "image/image.h"

namespace sr3 {

class Options;

struct Baseline {
  std::string kernel;            // nearest or one of degrade/kernel.h; "": none wanted
  std::optional<int64_t> scale;  // of both sides
  std::string convention = "pillow";
  void declare(Options& options);

  bool wanted() const { return !kernel.empty(); }
  void validate() const;  // UsageError
  // Keeps the depth.
  Image operator()(const Image& image) const;
};

}  // namespace sr3
