#include "image/jpeg.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "image/jpegs.h"
#include "image/samples.h"

using namespace sr3;
using namespace samples;

namespace {

uint64_t pixels(const Bytes& file) { return checksum(decode(file, "x", {}).u8); }

// With a marker segment after SOI.
Bytes with_segment(const Bytes& file, uint8_t marker, const Bytes& data) {
  Bytes out(file.begin(), file.begin() + 2);
  append(out, {0xff, marker, uint8_t((data.size() + 2) >> 8), uint8_t(data.size() + 2)});
  append(out, data);
  out.insert(out.end(), file.begin() + 2, file.end());
  return out;
}

}  // namespace

TEST_CASE("jpeg: pixels equal Pillow's: colour, grey, progressive, CMYK, YCCK") {
  CHECK(pixels(jpegs::kColour) == jpegs::kColourPixels);
  CHECK(pixels(jpegs::kGrey) == jpegs::kGreyPixels);
  CHECK(pixels(jpegs::kProgressive) == jpegs::kProgressivePixels);
  CHECK(pixels(jpegs::kCmyk) == jpegs::kCmykPixels);
  Bytes ycck = jpegs::kCmyk;
  ycck[jpegs::kAdobeTransform] = 2;
  CHECK(pixels(ycck) == jpegs::kYcckPixels);
}

TEST_CASE("jpeg: EXIF orientation is applied as by Pillow's exif_transpose") {
  for (uint8_t o = 1; o <= 8; ++o) {
    const Bytes file =
        with_segment(jpegs::kColour, 0xe1, {'E', 'x',  'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                                            1,   0x12, 0,   3,   0, 0, 0,   1,   0, o,  0, 0, 0, 0, 0, 0});
    const Image image = decode(file, "x", {});
    CHECK(checksum(image.u8) == jpegs::kUprightPixels[o - 1]);
    CHECK(image.width == (o < 5 ? 19 : 13));
  }
  CHECK(pixels(with_segment(jpegs::kColour, 0xe1, {'E', 'x', 'i', 'f', 0, 0, 'M', 'M'})) == jpegs::kColourPixels);
}

TEST_CASE("jpeg: without an orientation in EXIF, that in XMP is applied") {
  const auto xmp = [](const std::string& text) {
    Bytes data = bytes("http://ns.adobe.com/xap/1.0/");
    data.push_back(0);
    append(data, bytes(text));
    return with_segment(jpegs::kColour, 0xe1, data);
  };
  CHECK(pixels(xmp("<rdf:Description tiff:Orientation=\"6\"/>")) == jpegs::kUprightPixels[5]);
  CHECK(pixels(xmp("<tiff:Orientation>3</tiff:Orientation>")) == jpegs::kUprightPixels[2]);
  CHECK(pixels(xmp("<rdf:Description tiff:Orientation='0'/>")) == jpegs::kColourPixels);
  const Bytes exif = {'E', 'x',  'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                      1,   0x12, 0,   3,   0, 0, 0,   1,   0, 1,  0, 0, 0, 0, 0, 0};
  CHECK(pixels(with_segment(xmp("tiff:Orientation=\"6\""), 0xe1, exif)) == jpegs::kColourPixels);
}

TEST_CASE("jpeg: files equal Pillow's at quality 95 (4:4:4) and 75 (4:2:0); 16 bits become 8") {
  EncodeOptions options;
  CHECK(checksum(encode(pattern(23, 17), Format::kJpeg, options)) == jpegs::kWritten95);
  CHECK(checksum(encode(with_depth(pattern(23, 17), 16), Format::kJpeg, options)) == jpegs::kWritten95);
  options.jpeg_quality = 75;
  CHECK(checksum(encode(pattern(23, 17), Format::kJpeg, options)) == jpegs::kWritten75);
  CHECK_THROWS_WITH_AS(encode(make_image(65501, 1), Format::kJpeg, options),
                       "cannot encode a JPEG image: 65501x1 is more than 65500 pixels a side", Error);
}

TEST_CASE("jpeg: every truncated length is an error, and every changed byte an error or other pixels") {
  for (const Bytes& file : {jpegs::kColour, jpegs::kProgressive, jpegs::kCmyk}) {
    for (size_t n = 0; n < file.size(); ++n) CHECK_FALSE(failure({file.begin(), file.begin() + n}).empty());
    for (size_t i = 0; i < file.size(); ++i)
      for (const uint8_t change : {1, 0x10, 0xff}) {
        Bytes damaged = file;
        damaged[i] ^= change;
        failure(damaged);  // no crash, no other kind of exception
      }
  }
  CHECK(failure({jpegs::kColour.begin(), jpegs::kColour.end() - 30}) ==
        cat("cannot read 'x': truncated at byte ", jpegs::kColour.size() - 30));
  Bytes longer = jpegs::kColour;
  append(longer, {1, 2, 3});
  CHECK(failure(longer) == cat("cannot read 'x': 3 bytes after the image's end at byte ", jpegs::kColour.size()));
}

TEST_CASE("jpeg: unsupported and malicious files are refused") {
  // SOF0 cannot contain a side of 100000 pixels, but it can contain 65500.
  Bytes huge = {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0xff, 0xdc, 0xff, 0xdc, 1, 1,
                0x11, 0,    0xff, 0xda, 0, 8,  1, 1,    0,    0,    63,   0};
  CHECK(failure(huge) == "cannot read 'x': 65500x65500 is more than the limit of 268435456 pixels");
  Bytes deep = huge;
  deep[6] = 12;
  CHECK(failure(deep).find("cannot read 'x': unsupported JPEG data precision 12") == 0);
  // The first scan of the progressive file (to the marker after its data) two hundred times.
  const Bytes& file = jpegs::kProgressive;
  const auto marker = [&](size_t i) { return file[i] == 0xff && file[i + 1] != 0; };
  size_t begin = 0;
  while (!(marker(begin) && file[begin + 1] == 0xda)) ++begin;
  size_t end = begin + 2;
  while (!marker(end)) ++end;
  Bytes scans(file.begin(), file.begin() + begin);
  for (int i = 0; i < 200; ++i) scans.insert(scans.end(), file.begin() + begin, file.begin() + end);
  scans.insert(scans.end(), file.begin() + end, file.end());
  CHECK(failure(scans).find("cannot read 'x': more than 100 scans at byte ") == 0);
}
