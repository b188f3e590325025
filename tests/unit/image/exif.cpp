#include "image/exif.h"

#include <doctest/doctest.h>

#include <string>

#include "image/orientation.h"
#include "image/samples.h"
#include "image/tiff.h"

using namespace sr3;
using namespace samples;

namespace {

// A block with orientation 6, a size of 4000x3000 as SHORT and LONG, a text, and a thumbnail of 4 bytes at byte 94.
Bytes block(bool big) {
  Bytes out;
  const auto number = [&](uint32_t value, int size) {
    for (int i = 0; i < size; ++i) out.push_back(static_cast<uint8_t>(value >> 8 * (big ? size - 1 - i : i)));
  };
  // A SHORT stands in the first bytes of its field.
  const auto entry = [&](uint32_t tag, uint32_t type, uint32_t value) {
    number(tag, 2), number(type, 2), number(1, 4);
    type == 3 ? (number(value, 2), number(0, 2)) : number(value, 4);
  };
  append(out, big ? Bytes{'M', 'M'} : Bytes{'I', 'I'});
  number(42, 2), number(8, 4);
  number(2, 2), entry(0x0112, 3, 6), entry(0x8769, 4, 38), number(68, 4);      // bytes 8 to 37
  number(2, 2), entry(0xa002, 3, 4000), entry(0xa003, 4, 3000), number(0, 4);  // 38 to 67
  number(2, 2), entry(0x0201, 4, 98), entry(0x0202, 4, 4), number(0, 4);       // 68 to 97
  append(out, {0xff, 0xd8, 0xff, 0xd9, 'e', 'n', 'd'});
  return out;
}

}  // namespace

TEST_CASE("exif: the block of an image made from a photograph: upright, of its size, without the thumbnail") {
  for (const bool big : {false, true}) {
    CAPTURE(big);
    const Bytes before = block(big);
    Bytes after = before;
    REQUIRE(exif_orientation(before) == 6);
    describe_upright(after, 800, 600);
    CHECK(after.size() == before.size());
    CHECK(exif_orientation(after) == 1);
    const Tiff tiff(after);
    CHECK(tiff.at(tiff.entry(0xa002, 38) + 8, 2) == 800);
    CHECK(tiff.at(tiff.entry(0xa003, 38) + 8, 4) == 600);
    CHECK(tiff.at(34, 4) == 0);  // no second directory
    CHECK(Bytes(after.begin() + 98, after.end()) == Bytes{0, 0, 0, 0, 'e', 'n', 'd'});
    // A side that no SHORT can state.
    after = before;
    describe_upright(after, 70000, 3);
    CHECK(Tiff(after).at(Tiff(after).entry(0xa002, 38) + 2, 2) == 4);
    CHECK(Tiff(after).at(Tiff(after).entry(0xa002, 38) + 8, 4) == 70000);
  }
}

TEST_CASE("exif: damaged blocks stay within their bytes") {
  for (const bool big : {false, true})
    for (size_t at = 0; at < block(big).size(); ++at) {
      Bytes cut = block(big);
      cut.resize(at);
      describe_upright(cut, 8, 8);
      CHECK(cut.size() == at);
      for (const uint8_t value : {0x00, 0x01, 0x7f, 0xff}) {
        Bytes wrong = block(big);
        wrong[at] = value;
        describe_upright(wrong, 8, 8);
        CHECK(wrong.size() == block(big).size());
      }
    }
}

TEST_CASE("exif: PNG and JPEG return the block, also with its name before it, and through turning") {
  Image image = make_image(4, 2);
  image.exif = block(false);
  describe_upright(image.exif, 4, 2);
  for (const Format format : {Format::kPng, Format::kJpeg}) {
    const Image back = decode(encode(image, format, {}), "x", {});
    CHECK(back.exif == image.exif);
    CHECK(back.width == 4);
  }
  Image turned = image;
  turned.exif = block(true);
  for (const Format format : {Format::kPng, Format::kJpeg}) {
    const Image back = decode(encode(turned, format, {}), "x", {});
    CHECK(back.exif == block(true));
    CHECK(back.width == 2);
  }
  Bytes named = {'E', 'x', 'i', 'f', 0, 0};
  append(named, block(true));
  CHECK(exif_block(named) == block(true));
  CHECK(exif_block(std::span(named).first(9)).empty());
  CHECK(exif_block(Bytes(kMaxExif + 1, 'M')).empty());
  // What JPEG has no room for is left out; PNG holds it.
  image.exif.resize(kMaxJpegExif + 1);
  CHECK(decode(encode(image, Format::kJpeg, {}), "x", {}).exif.empty());
  CHECK(decode(encode(image, Format::kPng, {}), "x", {}).exif.size() == kMaxJpegExif + 1);
}
