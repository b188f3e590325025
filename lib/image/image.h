// An image in memory: RGB, interleaved, sRGB, 8 or 16 bits a sample. Nothing else: what files hold besides (grey,
// palette, alpha, CMYK, EXIF orientation) is turned into this by the codecs, by the policy in image-stream(5).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sr3 {

struct Image {
  int64_t width = 0, height = 0;
  int depth = 8;              // 8 or 16; the other vector is empty
  std::vector<uint8_t> u8;    // height * width * 3, row by row
  std::vector<uint16_t> u16;  // likewise, native byte order
  std::string comment;        // PNM "#" line, without "#", or PNG tEXt "Comment"; first one only

  static constexpr int kChannels = 3;
  size_t samples() const { return static_cast<size_t>(width) * static_cast<size_t>(height) * kChannels; }
};

inline size_t bytes_of(const Image& image) { return image.samples() * static_cast<size_t>(image.depth / 8); }

Image make_image(int64_t width, int64_t height, int depth = 8);

// 8 <-> 16 bits: x * 257, and round(x / 257). Same depth: a copy.
Image with_depth(const Image& image, int depth);

// Columns x .. x+width-1, rows y .. y+height-1; std::logic_error when outside.
Image crop(const Image& image, int64_t x, int64_t y, int64_t width, int64_t height);

// In the middle of side x side pixels, its border repeated; a side that is as long already stays. An odd pixel more
// goes to the right and below.
Image padded(const Image& image, int64_t side);

}  // namespace sr3
