// Transparency: what is done to the colours and the alpha of an image.
#pragma once

#include "image/image.h"

namespace sr3 {

// Whether the image has no alpha, or it is opaque everywhere.
bool is_opaque(const Image& image);

// The image composited over white, without alpha: alpha * x + (1 - alpha) * white, rounded to the nearest level.
Image over_white(Image image);

// The image with other colours where it is wholly transparent: those of its surroundings, so that what is there, which is
// arbitrary and often black, does not bleed into visible pixels when the image is resized. A pixel that is not visible is a
// mean of the visible ones nearest to it, by a pyramid of halves (pull-push, Gortler et al. 1996, "The Lumigraph", 3.4). All
// other pixels stay as they are, and so does an image without any visible pixel.
Image with_filled_colours(Image image);

}  // namespace sr3
