// Separable antialiased resizing as the reference libraries do it. The centre of output i is c = (i + 0.5) * in / out;
// when shrinking, the kernel is stretched by in / out (antialiasing). The conventions are:
//   pillow    byte for byte Pillow's resize of 8-bit RGB: 22-bit fixed-point weights, each pass rounded and clipped;
//             windows cut at the border and renormalised. The horizontal pass is first; since Pillow 13 the vertical
//             one, if the height loses more than twice as many pixels as the width
//   pillow12  the same, with the horizontal pass always first, as before Pillow 13
//   matlab    byte for byte MATLAB's imresize of uint8: mirrored borders, double weights, rounded after each pass,
//             the dimension with the smaller scale first
//   float     pillow's windows in floats, without rounding between the passes (TensorFlow and torch with antialias)
#pragma once

#include <span>
#include <vector>

#include "base/rows.h"
#include "degrade/kernel.h"
#include "image/image.h"

namespace sr3 {

// Resizes an image of either depth, and keeps the depth. kFloat clips and rounds to the nearest level at the end; the other
// conventions resize 16-bit images with weights in doubles. Alpha is resized on its own, and colours are not weighted by it:
// give an image whose invisible pixels have the colours of their surroundings (with_filled_colours). DataError when the image
// between the passes would be too large; std::logic_error for a size below 1x1.
Image resize(const Image& image, int64_t width, int64_t height, Kernel kernel, Convention convention);
// The alpha of resize(): empty, if the image has none.
std::vector<uint16_t> resized_alpha(const Image& image, int64_t width, int64_t height, Kernel kernel);
// Rows of resize(), without alpha: the same values, for the cost of these rows.
Image resize_rows(const Image& image, int64_t width, int64_t height, Kernel kernel, Convention convention, Rows rows);

// The float convention without rounding and clipping, for interleaved values in any range: `in` holds
// in_height * in_width * channels of them. Errors as for resize().
std::vector<float> resize_float(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                                int64_t width, int64_t height, Kernel kernel);
std::vector<float> resize_float_rows(std::span<const float> in, int64_t in_width, int64_t in_height, int64_t channels,
                                     int64_t width, int64_t height, Kernel kernel, Rows rows);

// The samples as floats in grey levels of the image's depth, and back: clipped and rounded to the nearest level.
std::vector<float> float_levels(const Image& image);
Image rounded_levels(std::span<const float> values, int64_t width, int64_t height, int depth);

}  // namespace sr3
