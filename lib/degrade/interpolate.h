// Resizing without antialiasing, as torch.nn.functional.interpolate does it (align_corners false) and OpenCV's resize in its
// interpolating modes: the resize of Real-ESRGAN's degradation, whose aliasing is part of what a network has to undo.
// Pixel i of the output lies at u = (i + 0.5) * in / out - 0.5. The border pixels are repeated.
//   box       the mean of the pixels floor(i * in / out) .. ceil((i + 1) * in / out) - 1 (mode "area")
//   bilinear  2 pixels
//   bicubic   4 pixels, with a = -0.75
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "degrade/kernel.h"

namespace sr3 {

// The weights of one line. std::logic_error for kLanczos, which there is not.
WeightTable<double> interpolation_weights(int64_t in, int64_t out, Kernel kernel);

// Interleaved values of any range, in floats; they are not clipped.
std::vector<float> interpolated(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                                int64_t width, int64_t height, Kernel kernel);

}  // namespace sr3
