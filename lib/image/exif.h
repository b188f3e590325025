// EXIF data: what a camera says of a photograph, as a TIFF block (Exif 3.0, JEITA CP-3451F). They are kept where asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sr3 {

// Larger blocks are ignored; those of cameras have kilobytes, and a JPEG holds less than 64.
constexpr size_t kMaxExif = size_t{1} << 20;

// A segment of JPEG has room for this much, after its length and name.
constexpr size_t kMaxJpegExif = 65533 - 6;

// The TIFF block of EXIF data, which may have "Exif\0\0" before it; nothing if it is none, or too large.
std::vector<uint8_t> exif_block(std::span<const uint8_t> data);

// Makes the block of a photograph that of an image made from it, which is upright and of this size: the orientation becomes 1,
// stated sizes become the new ones, and the thumbnail, which shows the photograph as it was, is removed (its bytes become 0).
// Everything else, such as the maker's notes, stays where it is. Damaged parts are left as they are.
void describe_upright(std::vector<uint8_t>& exif, int64_t width, int64_t height);

}  // namespace sr3
