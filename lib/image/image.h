// An image in memory: interleaved RGB samples of 8 or 16 bits, and perhaps alpha. Everything else that files hold (grey,
// palette, CMYK, EXIF orientation) is converted to this by the codecs, as image-stream(5) documents.
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
  // height * width, 0: transparent, 65535: opaque, whatever the depth. Empty: opaque everywhere. Colours are not multiplied
  // by it.
  std::vector<uint16_t> alpha;
  std::vector<uint8_t> profile;  // the ICC profile of the samples; empty: none, which means sRGB
  std::vector<uint8_t> exif;     // EXIF data, a TIFF block; empty: none
  std::string comment;           // the first "#" line of a PNM, without "#", or the first tEXt "Comment" of a PNG

  static constexpr int kChannels = 3;
  size_t samples() const { return static_cast<size_t>(width) * static_cast<size_t>(height) * kChannels; }
};

inline size_t bytes_of(const Image& image) {
  return image.samples() * static_cast<size_t>(image.depth / 8) + image.alpha.size() * 2 + image.profile.size() +
         image.exif.size();
}

// A black, opaque image. std::logic_error for a size below 1x1 or a depth other than 8 and 16.
Image make_image(int64_t width, int64_t height, int depth = 8);

// The nearest level of 8 bits to one of 16: round(x / 257).
inline uint8_t rounded_to_8(uint16_t x) { return static_cast<uint8_t>((uint32_t{x} + 128) / 257); }

// The next three keep alpha, profile, EXIF data and comment.
//
// The image with another depth: 8 bits become 16 by x * 257, and 16 become 8 by round(x / 257).
Image with_depth(const Image& image, int depth);

// Columns x .. x+width-1 and rows y .. y+height-1; std::logic_error if they are not all inside the image.
Image crop(const Image& image, int64_t x, int64_t y, int64_t width, int64_t height);

// The image padded to at least side x side pixels by replicating its border. It stays in the middle; an odd extra pixel
// is added at the right or at the bottom.
Image padded(const Image& image, int64_t side);

}  // namespace sr3
