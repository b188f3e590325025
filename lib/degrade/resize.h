// Separable antialiased resizing as the reference libraries do it. c = (i + 0.5) * in / out is the centre of output i;
// when shrinking, the kernel is stretched by in / out (antialiasing).
//   pillow    byte for byte Pillow's resize of 8-bit RGB: 22-bit fixed-point weights, each pass rounded and clipped;
//             windows cut at the border and renormalised. Horizontal then vertical; since Pillow 13 the other way round
//             where the height loses more than twice the pixels that the width does, which `pillow12` never does
//   matlab    byte for byte MATLAB's imresize of uint8: mirrored borders, double weights, rounded after each pass,
//             the dimension with the smaller scale first
//   float     the same window as pillow in floats, no rounding, no clipping (TensorFlow and torch with antialias)
#pragma once

#include <span>
#include <vector>

#include "degrade/kernel.h"
#include "image/image.h"

namespace sr3 {

// Any depth. kFloat rounds to the nearest level at the end, and clips. 16-bit pillow and matlab: same weights, in doubles.
Image resize(const Image& image, int64_t width, int64_t height, Kernel kernel, Convention convention);

// The float core, unrounded and unclipped, interleaved RGB rows: values in any range. in: in_h * in_w * channels.
std::vector<float> resize_float(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                                int64_t width, int64_t height, Kernel kernel);

// The samples as floats in grey levels of the image's depth, and back: clipped and rounded to the nearest level.
std::vector<float> float_levels(const Image& image);
Image rounded_levels(std::span<const float> values, int64_t width, int64_t height, int depth);

}  // namespace sr3
