#include "image/sheet.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/error.h"

using namespace sr3;

namespace {

Image solid(int64_t width, int64_t height, Color color) {
  Image image = make_image(width, height);
  for (size_t i = 0; i < image.u8.size(); ++i) image.u8[i] = color[i % 3];
  return image;
}

Color at(const Image& image, int64_t x, int64_t y) {
  const uint8_t* p = &image.u8[static_cast<size_t>((y * image.width + x) * 3)];
  return {p[0], p[1], p[2]};
}

int64_t count(const Image& image, Color color) {
  int64_t n = 0;
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) n += at(image, x, y) == color;
  return n;
}

const Color kRed = {255, 0, 0}, kGreen = {0, 255, 0}, kBlue = {0, 0, 255}, kWhite = {255, 255, 255};

}  // namespace

TEST_CASE("a sheet is a grid of cells as large as the largest image, with centred images") {
  SheetOptions options;
  options.columns = 2;
  options.gap = 3;
  const Image sheet = contact_sheet({solid(8, 6, kRed), solid(4, 4, kGreen), solid(8, 2, kBlue)}, options);
  CHECK(sheet.width == 3 + 2 * 11);
  CHECK(sheet.height == 3 + 2 * 9);
  CHECK(at(sheet, 2, 3) == kWhite);
  CHECK(at(sheet, 3, 3) == kRed);
  CHECK(at(sheet, 10, 8) == kRed);
  CHECK(at(sheet, 11, 8) == kWhite);
  CHECK(at(sheet, 15, 4) == kWhite);  // green: 2 pixels in from the left, 1 from the top
  CHECK(at(sheet, 16, 4) == kGreen);
  CHECK(at(sheet, 3, 14) == kBlue);  // blue: the second row, 2 down
  CHECK(at(sheet, 3, 13) == kWhite);
  CHECK(count(sheet, kRed) == 48);
  CHECK(count(sheet, kGreen) == 16);
  CHECK(count(sheet, kBlue) == 16);
}

TEST_CASE("scale repeats pixels, fit enlarges small images by integer factors") {
  SheetOptions options;
  options.columns = 2;
  options.gap = 0;
  options.scale = 2;
  Image two = solid(2, 1, kRed);
  two.u8[3] = 0, two.u8[4] = 255;  // red, green
  Image sheet = contact_sheet({two, solid(1, 1, kBlue)}, options);
  CHECK(sheet.width == 8);
  CHECK(sheet.height == 2);
  CHECK(at(sheet, 1, 1) == kRed);
  CHECK(at(sheet, 2, 0) == kGreen);
  CHECK(count(sheet, kBlue) == 4);

  options.scale = 1;
  options.fit = true;
  sheet = contact_sheet({solid(9, 9, kRed), solid(2, 2, kBlue)}, options);
  CHECK(count(sheet, kBlue) == 64);
}

TEST_CASE("sixteen bits become eight, and columns default to a square") {
  Image deep = make_image(1, 1, 16);
  std::fill(deep.u16.begin(), deep.u16.end(), uint16_t{0xffff});
  SheetOptions options;
  options.background = {0, 0, 0};
  options.gap = 1;
  const Image sheet = contact_sheet(std::vector<Image>(7, deep), options);
  CHECK(sheet.width == 7);   // 3 columns
  CHECK(sheet.height == 7);  // 3 rows
  CHECK(count(sheet, kWhite) == 7);
}

TEST_CASE("labels and titles take space, are drawn in their cell, and are cut off at its edge") {
  SheetOptions options;
  options.columns = 2;
  options.gap = 2;
  options.ink = {9, 9, 9};
  options.labels = {"a much too long label", ""};
  const std::vector<Image> images = {solid(20, 10, kRed), solid(20, 10, kGreen)};
  Image sheet = contact_sheet(images, options);
  CHECK(sheet.height == 2 + 10 + kGlyphHeight + 1 + 2);
  const int64_t inked = count(sheet, options.ink);
  CHECK(inked > 10);
  for (int64_t y = 0; y < sheet.height; ++y)
    for (int64_t x = 22; x < sheet.width; ++x) CHECK_FALSE(at(sheet, x, y) == options.ink);

  options.titles = {"one", "two"};
  sheet = contact_sheet(images, options);
  CHECK(sheet.height == 2 + 10 + 2 * (kGlyphHeight + 1) + 2);
  CHECK(count(sheet, options.ink) > inked);
}

TEST_CASE("labels that are too long keep their end, by which names differ") {
  SheetOptions options;
  options.gap = 0;
  const std::vector<Image> images = {solid(6 * kGlyphWidth, 4, kRed)};
  const auto labelled = [&](const std::string& label) {
    options.labels = {label};
    return contact_sheet(images, options).u8;
  };
  CHECK(labelled("photograph-0001") == labelled("ph..01"));
  CHECK(labelled("photograph-0001") != labelled("photograph-0002"));
  CHECK(labelled("1234567") == labelled("12..67"));
  CHECK(labelled("123456") != labelled("12..56"));
  CHECK(labelled("\u00e4\u00f6\u00fcssern-\u00fc1") == labelled("??..?1"));  // drawn as '?', each one glyph
}

TEST_CASE("an empty sheet, and one that is too large, are errors") {
  CHECK_THROWS_WITH_AS(contact_sheet({}, {}), "cannot make a sheet: no images", Error);
  SheetOptions options;
  options.scale = 1000000;
  CHECK_THROWS_AS(contact_sheet({solid(1, 1, kRed)}, options), Error);
}

TEST_CASE("text: the letter L has its strokes, all printable characters differ, and clipped text is harmless") {
  Image image = solid(8, 10, kWhite);
  draw_text(image, 1, 1, "L", kRed);
  for (int64_t y = 0; y < 10; ++y)
    for (int64_t x = 0; x < 8; ++x) {
      const bool stroke = (x == 1 && y >= 1 && y <= 7) || (y == 7 && x >= 1 && x <= 5);
      CHECK((at(image, x, y) == kRed) == stroke);
    }
  std::vector<std::vector<uint8_t>> seen;
  for (char c = 32; c < 127; ++c) {
    Image glyph = solid(6, 9, kWhite);
    draw_text(glyph, 0, 0, std::string(1, c), kRed);
    seen.push_back(glyph.u8);
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
  draw_text(image, -100, -3, "far outside, \xc3\xa9 and \x01", kRed, 3);
  draw_text(image, 5, 5, "g", kRed, 4);
  CHECK(text_width("ab\xc3\xa9", 2) == 36);
}
