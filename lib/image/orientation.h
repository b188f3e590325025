// EXIF orientation: read from a TIFF block (JPEG APP1, PNG eXIf) and applied to the pixels. The rest of EXIF is ignored.
#pragma once

#include <span>

#include "image/image.h"

namespace sr3 {

// The orientation, 1 to 8, in a TIFF block, which begins with "II*\0" or "MM\0*". 1 if there is none or the block is
// damaged: a wrong orientation is no reason to refuse an image.
int exif_orientation(std::span<const uint8_t> tiff);

// Turns the stored pixels into the upright image. An orientation of 1 is upright; 2 mirrored left-right; 3 rotated by 180
// degrees; 4 mirrored top-bottom; 5 transposed; 6 to be rotated clockwise by 90 degrees; 7 transposed about the other
// diagonal; 8 to be rotated anticlockwise.
Image upright(Image image, int orientation);

}  // namespace sr3
