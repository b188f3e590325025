#include "image/png.h"

#include <doctest/doctest.h>

#include <cmath>
#include <iomanip>

#include "base/log.h"
#include "image/samples.h"

using namespace sr3;
using namespace samples;

namespace {

Bytes joined_bytes(const std::string& text, const Bytes& rest) {
  Bytes out = bytes(text);
  append(out, rest);
  return out;
}

std::vector<uint32_t> values(size_t n, int depth) {
  std::vector<uint32_t> out(n);
  uint32_t state = 1;
  for (auto& value : out) value = (state = state * 1664525 + 1013904223) >> (32 - depth);
  return out;
}

// A level of `depth` bits as a level of the image, which is exact since 2^8 - 1 is a multiple of 1, 3 and 15.
uint32_t level(uint32_t value, int depth) { return depth < 8 ? value * 255 / ((1u << depth) - 1) : value; }

uint32_t at(const Image& image, size_t i) { return image.depth == 8 ? image.u8[i] : image.u16[i]; }

uint32_t over_white(uint32_t colour, uint32_t alpha, uint32_t top) {
  const double a = static_cast<double>(alpha) / top;
  return static_cast<uint32_t>(std::floor(a * colour + (1 - a) * top + 0.5));
}

}  // namespace

TEST_CASE("png: a written image is read back, with 8 and with 16 bits, with its comment") {
  for (const int depth : {8, 16})
    for (const int level : {0, 2, 6, 9}) {
      Image image = pattern(23, 17, depth);
      image.comment = "sr {\"key\":\"a\"}";
      EncodeOptions options;
      options.png_level = level;
      options.software = "sr3-cdm";
      const Bytes file = encode(image, Format::kPng, options);
      const Image back = decode(file, "x", {});
      CHECK(back.depth == depth);
      CHECK(back.u8 == image.u8);
      CHECK(back.u16 == image.u16);
      CHECK(back.comment == image.comment);
      const std::string text(file.begin(), file.end());
      CHECK(text.find(std::string("tEXtComment\0sr {", 16)) != std::string::npos);
      CHECK(text.find(std::string("tEXtSoftware\0sr3-cdm", 20)) != std::string::npos);
    }
}

TEST_CASE("png: every colour type and depth, plain and interlaced") {
  struct Kind {
    int depth, colour, channels;
  };
  const Kind kinds[] = {{1, 0, 1}, {2, 0, 1}, {4, 0, 1}, {8, 0, 1}, {16, 0, 1}, {8, 2, 3}, {16, 2, 3}, {1, 3, 1},
                        {2, 3, 1}, {4, 3, 1}, {8, 3, 1}, {8, 4, 2}, {16, 4, 2}, {8, 6, 4}, {16, 6, 4}};
  for (const auto& [depth, colour, channels] : kinds)
    for (const bool interlaced : {false, true}) {
      CAPTURE(depth);
      CAPTURE(colour);
      CAPTURE(interlaced);
      constexpr uint32_t kWidth = 11, kHeight = 9;
      const auto stored = values(kWidth * kHeight * channels, depth);
      Bytes palette, extra;
      if (colour == 3) {
        for (const uint32_t value : values(3u << depth, 8)) palette.push_back(static_cast<uint8_t>(value));
        extra = chunk("PLTE", palette);
      }
      const Image image = decode(png(kWidth, kHeight, depth, colour, stored, extra, interlaced), "x", {});
      REQUIRE(image.width == kWidth);
      REQUIRE(image.height == kHeight);
      REQUIRE(image.depth == (depth == 16 ? 16 : 8));
      const uint32_t top = image.depth == 8 ? 255 : 65535;
      bool equal = true;
      for (size_t i = 0; i < kWidth * kHeight; ++i)
        for (size_t c = 0; c < 3; ++c) {
          const uint32_t* const pixel = &stored[i * channels];
          uint32_t wanted = level(channels >= 3 ? pixel[c] : pixel[0], depth);
          if (colour == 3) wanted = palette[pixel[0] * 3 + c];
          if (colour >= 4) wanted = over_white(wanted, pixel[channels - 1], top);
          equal &= at(image, i * 3 + c) == wanted;
        }
      CHECK(equal);
    }
}

TEST_CASE("png: alpha of every kind is kept, plain and interlaced") {
  struct Kind {
    int depth, colour, channels;
  };
  for (const auto& [depth, colour, channels] : {Kind{8, 4, 2}, {16, 4, 2}, {8, 6, 4}, {16, 6, 4}})
    for (const bool interlaced : {false, true}) {
      const auto stored = values(11 * 9 * static_cast<size_t>(channels), depth);
      const Image image = decode(png(11, 9, depth, colour, stored, {}, interlaced), "x", {}, Transparency::kKeep);
      bool equal = image.alpha.size() == 99;
      for (size_t i = 0; equal && i < 99; ++i) {
        const uint32_t* const pixel = &stored[i * static_cast<size_t>(channels)];
        equal &= image.alpha[i] == pixel[channels - 1] * (depth == 8 ? 257 : 1);
        for (size_t c = 0; c < 3; ++c) equal &= at(image, i * 3 + c) == (channels == 4 ? pixel[c] : pixel[0]);
      }
      CHECK(equal);
    }
  const auto keep = [](const Bytes& file) { return decode(file, "x", {}, Transparency::kKeep); };
  const Image grey = keep(png(4, 1, 2, 0, {0, 1, 2, 3}, chunk("tRNS", {0, 2})));
  CHECK(grey.u8 == Bytes{0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255});
  CHECK(grey.alpha == std::vector<uint16_t>{65535, 65535, 0, 65535});
  Bytes extra = chunk("PLTE", {10, 20, 30, 40, 50, 60});
  append(extra, chunk("tRNS", {0, 128}));
  const Image palette = keep(png(2, 1, 8, 3, {0, 1}, extra));
  CHECK(palette.u8 == Bytes{10, 20, 30, 40, 50, 60});
  CHECK(palette.alpha == std::vector<uint16_t>{0, 128 * 257});
  // Written and read back, with both depths.
  for (const int depth : {8, 16}) {
    Image image = pattern(13, 6, depth);
    for (uint16_t i = 0; i < 78; ++i) image.alpha.push_back(static_cast<uint16_t>(i * (depth == 8 ? 257 : 800)));
    const Image back = keep(encode_png(image, {}));
    CHECK(back.u8 == image.u8);
    CHECK(back.u16 == image.u16);
    CHECK(back.alpha == image.alpha);
  }
}

TEST_CASE("png: transparent colours become white") {
  // Grey 2 of 4 levels; RGB 16 bits; two palette entries.
  const Image grey = decode(png(4, 1, 2, 0, {0, 1, 2, 3}, chunk("tRNS", {0, 2})), "x", {});
  CHECK(grey.u8 == Bytes{0, 0, 0, 85, 85, 85, 255, 255, 255, 255, 255, 255});
  const Image colour = decode(png(2, 1, 16, 2, {1, 2, 3, 1, 2, 4}, chunk("tRNS", {0, 1, 0, 2, 0, 3})), "x", {});
  CHECK(colour.u16 == std::vector<uint16_t>{65535, 65535, 65535, 1, 2, 4});
  Bytes extra = chunk("PLTE", {10, 20, 30, 40, 50, 60});
  append(extra, chunk("tRNS", {0, 128}));
  const Image palette = decode(png(2, 1, 8, 3, {0, 1}, extra), "x", {});
  CHECK(palette.u8 == Bytes{255, 255, 255, 147, 152, 157});
}

TEST_CASE("png: gamma and colour profiles change nothing, eXIf orientation is applied") {
  const std::vector<uint32_t> stored = {1, 2, 3, 4, 5, 6};  // three columns, two rows
  Bytes extra = chunk("gAMA", big_endian(100000));
  append(extra, chunk("sRGB", {0}));
  append(extra, chunk("bKGD", {0, 0}));
  const auto first = [](const Image& image) {
    Bytes out;
    for (size_t i = 0; i < image.u8.size(); i += 3) out.push_back(image.u8[i]);
    return out;
  };
  CHECK(first(decode(png(3, 2, 8, 0, stored, extra), "x", {})) == Bytes{1, 2, 3, 4, 5, 6});
  const Bytes wanted[] = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1}, {4, 5, 6, 1, 2, 3},
                          {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3}, {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (uint8_t o = 1; o <= 8; ++o) {
    const Bytes little = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, o, 0, 0, 0, 0, 0, 0, 0};
    const Image image = decode(png(3, 2, 8, 0, stored, chunk("eXIf", little)), "x", {});
    CHECK(first(image) == wanted[o - 1]);
    CHECK(image.width == (o < 5 ? 3 : 2));
  }
  for (const Bytes& damaged :
       {Bytes{}, Bytes{'I', 'I', 42, 0, 255, 255, 255, 255}, Bytes{'M', 'M', 0, 42, 0, 0, 0, 8, 9},
        Bytes{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0}})
    CHECK(first(decode(png(3, 2, 8, 0, stored, chunk("eXIf", damaged)), "x", {})) == Bytes{1, 2, 3, 4, 5, 6});
}

TEST_CASE("png: orientation in EXIF and XMP, however programs store it, before and after the pixels") {
  const Bytes tiff = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0};
  Bytes exif = bytes("Exif");
  append(exif, {0, 0});
  append(exif, tiff);
  const auto raw = [](const std::string& name, const Bytes& data) {  // as ImageMagick writes profiles
    std::string text = "\n" + name + "\n" + cat(std::setw(8), data.size());
    for (size_t i = 0; i < data.size(); ++i)
      text += cat(i % 36 ? "" : "\n", std::hex, std::setfill('0'), std::setw(2), int{data[i]});
    return bytes(text + "\n");
  };
  const auto text = [](const std::string& type, const std::string& keyword, const Bytes& content) {
    Bytes data = bytes(keyword);
    data.push_back(0);
    if (type == "zTXt") data.push_back(0);
    if (type == "iTXt") append(data, {0, 0, 'e', 'n', 0, 0});
    append(data, type == "zTXt" ? samples::stored(content) : content);
    return chunk(type, data);
  };
  Bytes packed = bytes("Raw profile type exif");
  append(packed, {0, 1, 0, 0, 0});
  append(packed, samples::stored(raw("exif", exif)));
  const std::string rdf = "<rdf:Description xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" ";
  const Bytes attribute = bytes(rdf + "tiff:Orientation=\"6\"/>"),
              element = bytes(rdf + "><tiff:Orientation>6</tiff:Orientation>");
  const Bytes turning[] = {chunk("eXIf", tiff),
                           chunk("eXIf", exif),
                           text("tEXt", "Raw profile type exif", raw("exif", exif)),
                           text("zTXt", "Raw profile type exif", raw("exif", exif)),
                           text("iTXt", "Raw profile type exif", raw("exif", exif)),
                           chunk("iTXt", packed),
                           text("zTXt", "Raw profile type exif", raw("exif", tiff)),
                           text("zTXt", "Raw profile type APP1", raw("generic profile", exif)),
                           text("iTXt", "XML:com.adobe.xmp", attribute),
                           text("iTXt", "XML:com.adobe.xmp", element),
                           text("tEXt", "Raw profile type xmp", raw("xmp", attribute))};
  const std::vector<uint32_t> row = {1, 2, 3};
  const auto width = [&](const Bytes& before, const Bytes& after = {}) {
    Bytes file = png(3, 1, 8, 0, row, before);
    file.insert(file.end() - 12, after.begin(), after.end());
    return decode(file, "x", {}).width;
  };
  for (const Bytes& one : turning) {
    CHECK(width(one) == 1);
    CHECK(width({}, one) == 1);
  }
  // EXIF comes before XMP, and eXIf before a text.
  Bytes upright = tiff;
  upright[18] = 1;
  CHECK(width(turning[8], chunk("eXIf", upright)) == 3);
  CHECK(width(turning[3], chunk("eXIf", upright)) == 3);
  CHECK(width(turning[8], text("zTXt", "Raw profile type exif", raw("exif", upright))) == 3);
  // What is damaged, or is something else, turns nothing; a bomb is decompressed to one MiB.
  const Bytes still[] = {text("tEXt", "Raw profile type exif", {}),
                         text("tEXt", "Raw profile type exif", bytes("\nexif\n 4\n4578x")),
                         text("zTXt", "Raw profile type iptc", raw("iptc", exif)),
                         text("tEXt", "Description", attribute),
                         text("iTXt", "XML:com.adobe.xmp", bytes("tiff:Orientation=\"9\" tiff:Orientation=")),
                         chunk("zTXt", joined_bytes("Raw profile type exif", {0, 0, 0x78, 0x9c, 0xff})),
                         chunk("zTXt", bytes("Raw profile type exif")),
                         chunk("iTXt", bytes("XML:com.adobe.xmp")),
                         chunk("iTXt", {}),
                         chunk("tEXt", {0})};
  for (const Bytes& one : still) CHECK(width(one, one) == 3);
}

TEST_CASE("png: a wrong checksum of a chunk without pixels is a warning, and the chunk is ignored") {
  const std::vector<uint32_t> row = {1, 2, 3};
  const auto broken = [](Bytes whole) {
    whole.back() ^= 1;
    return whole;
  };
  const Bytes turn = chunk("eXIf", {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0});
  REQUIRE(decode(png(3, 1, 8, 0, row, turn), "x", {}).width == 1);
  log_state().verbosity = 0;
  for (const Bytes& one : {turn, chunk("tEXt", joined_bytes("Comment", {0, 'a'})), chunk("gAMA", big_endian(1)),
                           chunk("tRNS", {0, 1}), chunk("iCCP", {'a', 0, 0, 1})}) {
    const Image image = decode(png(3, 1, 8, 0, row, broken(one)), "x", {});
    CHECK(image.u8 == Bytes{1, 1, 1, 2, 2, 2, 3, 3, 3});
    CHECK(image.width == 3);
    CHECK(image.comment.empty());
  }
  log_state().verbosity = 1;
  CHECK(failure(png(3, 1, 8, 3, row, broken(chunk("PLTE", Bytes(12))))).find("CRC") != std::string::npos);
}

TEST_CASE("png: every truncated length and every changed byte is an error or harmless") {
  Image image = pattern(9, 5);
  image.comment = "a comment";
  const Bytes file = encode_png(image, {});
  for (size_t n = 0; n < file.size(); ++n) CHECK_FALSE(failure({file.begin(), file.begin() + n}).empty());
  const size_t text = kPngHeader, text_end = text + 12 + sizeof "Comment" + image.comment.size();
  log_state().verbosity = 0;  // each wrong checksum is reported
  for (size_t i = 0; i < file.size(); ++i)
    for (const uint8_t change : {1, 0x80, 0xff}) {
      Bytes damaged = file;
      damaged[i] ^= change;
      // The CRCs detect every change; in a chunk without pixels it changes none, or breaks the file's structure.
      if (i < text || i >= text_end || !failure(damaged).empty())
        CHECK_FALSE(failure(damaged).empty());
      else
        CHECK(decode(damaged, "x", {}).u8 == image.u8);
    }
  log_state().verbosity = 1;
  Bytes longer = file;
  longer.push_back(0);
  CHECK(failure(longer) == cat("cannot read 'x': 1 bytes after the image's end at byte ", file.size()));
}

TEST_CASE("png: malicious headers and chunks are refused before memory is allocated") {
  const auto claim = [](uint32_t width, uint32_t height, int depth, int colour) {
    Bytes file = signature();
    append(file, header(width, height, depth, colour));
    append(file, chunk("IDAT", stored({0, 0})));
    append(file, chunk("IEND", {}));
    return failure(file);
  };
  CHECK(claim(100000, 100000, 8, 2) == "cannot read 'x': 100000x100000 is more than the limit of 268435456 pixels");
  CHECK(claim(0x7fffffff, 0x7fffffff, 16, 6).find("is more than the limit") != std::string::npos);
  CHECK(claim(0, 1, 8, 2) == "cannot read 'x': bad PNG header at byte 16");
  CHECK(claim(0xffffffff, 1, 8, 2) == "cannot read 'x': bad PNG header at byte 16");
  CHECK(claim(1, 1, 8, 5) == "cannot read 'x': bad PNG header at byte 16");
  CHECK(claim(1, 1, 16, 3) != "");
  CHECK(claim(16384, 16384, 16, 6) == "cannot read 'x': truncated: 13 compressed bytes cannot hold 16384x16384");
  // A chunk that announces 2 GiB; compressed profiles and comments are never inflated.
  Bytes endless = signature();
  append(endless, header(1, 1, 8, 2));
  append(endless, {0x7f, 0xff, 0xff, 0xff, 't', 'E', 'X', 't', 'a'});
  CHECK(failure(endless) == cat("cannot read 'x': truncated at byte ", endless.size()));
  Bytes bombs = chunk("iCCP", {'a', 0, 0, 0x78, 0x9c, 0xff});
  append(bombs, chunk("zTXt", {'C', 'o', 'm', 'm', 'e', 'n', 't', 0, 0, 0x78, 0x9c, 0xff}));
  CHECK(failure(png(1, 1, 8, 0, {7}, bombs)) == "");
}
