// EXIF orientation: found in a TIFF block (JPEG APP1, PNG eXIf), applied to the pixels. Nothing else of EXIF is read.
#pragma once

#include <span>

#include "image/image.h"

namespace sr3 {

// `tiff` begins with "II*\0" or "MM\0*". 1..8; 1 when there is none, or the block is damaged (it is only advice).
int exif_orientation(std::span<const uint8_t> tiff);

// Turns the stored pixels into the upright image. 1 upright; 2 mirrored left-right; 3 turned by 180 degrees; 4 mirrored
// top-bottom; 5 transposed; 6 to be turned clockwise by 90; 7 transposed about the other diagonal; 8 anticlockwise.
Image upright(Image image, int orientation);

}  // namespace sr3
