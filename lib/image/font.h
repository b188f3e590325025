// Text on images: one small bitmap font, for labels of contact sheets and axes of plots. ASCII; any other character is "?".
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "image/image.h"

namespace sr3 {

using Color = std::array<uint8_t, 3>;

// The size of a character, including the space beside and below it, in pixels at scale 1.
constexpr int64_t kGlyphWidth = 6, kGlyphHeight = 9;

int64_t text_width(std::string_view text, int64_t scale = 1);
// Draws text with its upper left corner at (x, y), clipped to the image, which must have 8 bits a sample.
void draw_text(Image& image, int64_t x, int64_t y, std::string_view text, Color color, int64_t scale = 1);

}  // namespace sr3
