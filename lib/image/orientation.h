// The orientation of an image: read from EXIF or XMP, and applied to the pixels. The rest of both is ignored.
#pragma once

#include <span>
#include <string_view>

#include "image/image.h"

namespace sr3 {

// The orientation, 1 to 8, in EXIF data: a TIFF block, which may have "Exif\0\0" before it. 0 if there is none or the
// block is damaged: a wrong orientation is no reason to refuse an image.
int exif_orientation(std::span<const uint8_t> exif);

// The same of tiff:Orientation in an XMP packet, as an attribute or an element.
int xmp_orientation(std::string_view xmp);

// Turns the stored pixels into the upright image. An orientation of 0 or 1 is upright; 2 mirrored left-right; 3 rotated by 180
// degrees; 4 mirrored top-bottom; 5 transposed; 6 to be rotated clockwise by 90 degrees; 7 transposed about the other
// diagonal; 8 to be rotated anticlockwise.
Image upright(Image image, int orientation);

}  // namespace sr3
