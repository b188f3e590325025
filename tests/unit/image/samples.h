// Shared by the image and stream tests: a test image, a checksum, and PNG files assembled by hand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/codec.h"

namespace samples {

using namespace sr3;

// (37x + 101y + 7(xy mod 53) + 31c) mod 256; 16 bits: the same times 251 plus 7c.
inline Image pattern(int64_t width, int64_t height, int depth = 8) {
  Image image = make_image(width, height, depth);
  size_t at = 0;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < 3; ++c, ++at) {
        const int64_t value = (37 * x + 101 * y + 7 * (x * y % 53) + 31 * c) % 256;
        if (depth == 8)
          image.u8[at] = static_cast<uint8_t>(value);
        else
          image.u16[at] = static_cast<uint16_t>(value * 251 + 7 * c);
      }
  return image;
}

// FNV-1a, 64 bits.
inline uint64_t checksum(const Bytes& bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

inline Bytes bytes(const std::string& text) { return {text.begin(), text.end()}; }

inline void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

inline Bytes big_endian(uint32_t value) {
  return {uint8_t(value >> 24), uint8_t(value >> 16), uint8_t(value >> 8), uint8_t(value)};
}

// A PNG chunk, with the CRC computed bit by bit as in the specification.
inline Bytes chunk(const std::string& type, const Bytes& data) {
  Bytes out = big_endian(static_cast<uint32_t>(data.size()));
  append(out, bytes(type));
  append(out, data);
  uint32_t crc = 0xffffffff;
  for (size_t i = 4; i < out.size(); ++i) {
    crc ^= out[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  append(out, big_endian(~crc));
  return out;
}

// A zlib stream of one stored block.
inline Bytes stored(const Bytes& data) {
  const auto n = static_cast<uint16_t>(data.size());
  Bytes out = {0x78, 0x01, 0x01, uint8_t(n), uint8_t(n >> 8), uint8_t(~n), uint8_t(~n >> 8)};
  append(out, data);
  uint32_t a = 1, b = 0;
  for (const uint8_t byte : data) b = (b + (a = (a + byte) % 65521)) % 65521;
  append(out, big_endian(b << 16 | a));
  return out;
}

inline Bytes signature() { return {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}; }

inline Bytes header(uint32_t width, uint32_t height, int depth, int colour, bool interlaced = false) {
  Bytes data = big_endian(width);
  append(data, big_endian(height));
  append(data, {uint8_t(depth), uint8_t(colour), 0, 0, uint8_t(interlaced)});
  return chunk("IHDR", data);
}

// `between`: whole chunks before IDAT. `samples`: width * height * channels values of `depth` bits.
inline Bytes png(uint32_t width, uint32_t height, int depth, int colour, const std::vector<uint32_t>& values,
                 const Bytes& between = {}, bool interlaced = false) {
  static constexpr int kChannels[] = {1, 0, 3, 1, 2, 0, 4};
  const int channels = kChannels[colour];
  Bytes raster;
  // One pass of Adam7, or the whole image: every step_x-th pixel from x0, and likewise for rows.
  const auto pass = [&](uint32_t x0, uint32_t y0, uint32_t step_x, uint32_t step_y) {
    if (x0 >= width) return;
    for (uint32_t y = y0; y < height; y += step_y) {
      raster.push_back(0);  // filter: none
      uint32_t bits = 0, held = 0;
      for (uint32_t x = x0; x < width; x += step_x)
        for (int c = 0; c < channels; ++c) {
          const uint32_t value = values[(size_t{y} * width + x) * channels + c];
          if (depth == 16) raster.push_back(uint8_t(value >> 8));
          held = held << (depth < 8 ? depth : 8) | (value & 0xff);
          bits += depth < 8 ? depth : 8;
          if (bits == 8) {
            raster.push_back(uint8_t(held));
            bits = held = 0;
          }
        }
      if (bits) raster.push_back(uint8_t(held << (8 - bits)));
    }
  };
  if (interlaced) {
    pass(0, 0, 8, 8), pass(4, 0, 8, 8), pass(0, 4, 4, 8), pass(2, 0, 4, 4), pass(0, 2, 2, 4), pass(1, 0, 2, 2);
    pass(0, 1, 1, 2);
  } else {
    pass(0, 0, 1, 1);
  }
  Bytes out = signature();
  append(out, header(width, height, depth, colour, interlaced));
  append(out, between);
  append(out, chunk("IDAT", stored(raster)));
  append(out, chunk("IEND", {}));
  return out;
}

// The message of the DataError that decoding throws; "" if it does not throw.
inline std::string failure(const Bytes& bytes, const Limits& limits = {}) {
  try {
    decode(bytes, "x", limits);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace samples
