#include "image/sheet.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"

namespace sr3 {
namespace {

// Copies `image` (8 bits) to the sheet with its upper left corner at (x, y), each pixel repeated factor x factor times.
void paste(Image& sheet, const Image& image, int64_t x, int64_t y, int64_t factor) {
  for (int64_t row = 0; row < image.height * factor; ++row) {
    const uint8_t* in = &image.u8[static_cast<size_t>(row / factor * image.width * 3)];
    uint8_t* out = &sheet.u8[static_cast<size_t>(((y + row) * sheet.width + x) * 3)];
    for (int64_t column = 0; column < image.width; ++column, in += 3)
      for (int64_t i = 0; i < factor; ++i, out += 3) std::copy_n(in, 3, out);
  }
}

// The text, shortened if it is wider than `width`. The middle is left out, because file names often differ only at their
// end.
std::string shortened(const std::string& text, int64_t width) {
  if (text_width(text) <= width) return text;
  std::string letters;  // one byte per glyph; characters beyond ASCII share one
  for (const char c : text)
    if ((c & 0xC0) != 0x80) letters += c >= 0 ? c : '?';
  const auto glyphs = static_cast<size_t>(std::max<int64_t>(0, width / kGlyphWidth));
  if (glyphs < 4) return letters.substr(0, glyphs);
  const size_t end = (glyphs - 1) / 2;
  return cat(letters.substr(0, glyphs - 2 - end), "..", letters.substr(letters.size() - end));
}

// Draws the text in the middle of the `width` pixels from x on, shortened to fit.
void draw_centred(Image& sheet, int64_t x, int64_t y, int64_t width, const std::string& text, Color ink) {
  const std::string shown = shortened(text, width);
  draw_text(sheet, x + (width - text_width(shown)) / 2, y, shown, ink);
}

}  // namespace

Image contact_sheet(const std::vector<Image>& images, const SheetOptions& options) {
  if (images.empty()) throw Error("cannot make a sheet: no images");
  const auto count = static_cast<int64_t>(images.size());
  const int64_t columns = options.columns > 0 ? std::min(options.columns, count)
                                              : static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const int64_t rows = (count + columns - 1) / columns;

  int64_t width = 0, height = 0;
  for (const Image& image : images) {
    width = std::max(width, image.width * options.scale);
    height = std::max(height, image.height * options.scale);
  }
  const int64_t title = options.titles.empty() ? 0 : kGlyphHeight + 1,
                label = options.labels.empty() ? 0 : kGlyphHeight + 1;
  const int64_t step_x = width + options.gap, step_y = height + label + options.gap;
  const double pixels =
      (static_cast<double>(columns) * static_cast<double>(step_x) + static_cast<double>(options.gap)) *
      (static_cast<double>(rows) * static_cast<double>(step_y) + static_cast<double>(options.gap + title));
  if (pixels > static_cast<double>(kMaxSheetPixels))
    throw Error(cat("cannot make a sheet of ", count, " images of ", width, "x", height, ": more than ",
                    kMaxSheetPixels, " pixels"));

  Image sheet = make_image(columns * step_x + options.gap, rows * step_y + options.gap + title);
  for (size_t i = 0; i < sheet.u8.size(); ++i) sheet.u8[i] = options.background[i % 3];
  for (int64_t c = 0; c < std::min<int64_t>(columns, static_cast<int64_t>(options.titles.size())); ++c)
    draw_centred(sheet, options.gap + c * step_x, options.gap, width, options.titles[c], options.ink);
  for (int64_t i = 0; i < count; ++i) {
    if (images[i].depth > 8) warn_once("16 bits per sample become 8: a sheet has no more");
    const Image image = with_depth(images[i], 8);
    if (image.width < 1 || image.height < 1) continue;
    const int64_t factor = options.fit ? std::min(width / image.width, height / image.height) : options.scale;
    const int64_t x = options.gap + i % columns * step_x, y = options.gap + title + i / columns * step_y;
    paste(sheet, image, x + (width - image.width * factor) / 2, y + (height - image.height * factor) / 2, factor);
    if (i < static_cast<int64_t>(options.labels.size()))
      draw_centred(sheet, x, y + height + 2, width, options.labels[i], options.ink);
  }
  return sheet;
}

}  // namespace sr3
