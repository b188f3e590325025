// Many images as one: a grid of equal cells, for looking at results. Pixels are copied or repeated, never resampled.
#pragma once

#include <string>
#include <vector>

#include "image/font.h"
#include "image/image.h"

namespace sr3 {

constexpr int64_t kMaxSheetPixels = int64_t{1} << 28;

struct SheetOptions {
  int64_t columns = 0;  // 0: about as many as rows
  int64_t gap = 4;      // pixels between cells and around them
  int64_t scale = 1;    // every pixel becomes scale x scale
  bool fit = false;     // an image smaller than its cell is enlarged further, by the largest whole factor that fits
  Color background = {255, 255, 255};
  Color ink = {0, 0, 0};
  std::vector<std::string> titles;  // above the columns; at most one per column
  std::vector<std::string> labels;  // below the images, shortened to the cell's width; at most one per image
};

// Draws a sheet of 8 bits, whose cells are as large as the largest image; images are centred in them. Error when there
// are no images, or the sheet would have more than 2^28 pixels.
Image contact_sheet(const std::vector<Image>& images, const SheetOptions& options);

}  // namespace sr3
