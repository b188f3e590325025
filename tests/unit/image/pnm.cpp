#include "image/pnm.h"

#include <doctest/doctest.h>

#include "image/peek.h"
#include "image/samples.h"

using namespace sr3;
using namespace samples;

TEST_CASE("pnm: a written image is read back, with 8 and with 16 bits") {
  for (const int depth : {8, 16}) {
    Image image = pattern(23, 17, depth);
    image.comment = "sr {\"key\":\"a\"}";
    const Bytes file = encode_pnm(image);
    const Image back = decode(file, "x", {});
    CHECK(back.depth == depth);
    CHECK(back.width == 23);
    CHECK(back.height == 17);
    CHECK(back.u8 == image.u8);
    CHECK(back.u16 == image.u16);
    CHECK(back.comment == image.comment);
  }
}

TEST_CASE("pnm: the bytes of a small file") {
  Image image = make_image(2, 1, 16);
  image.u16 = {0, 1, 256, 65535, 258, 2};
  image.comment = "two\nlines";
  const Bytes file = encode_pnm(image);
  Bytes wanted = bytes("P6\n#two lines\n2 1\n65535\n");
  append(wanted, {0, 0, 0, 1, 1, 0, 255, 255, 1, 2, 0, 2});
  CHECK(file == wanted);
}

TEST_CASE("pnm: any maxval is scaled to the nearest level of 8 or 16 bits") {
  for (const int64_t maxval : {1, 2, 3, 7, 15, 100, 127, 200, 254, 255}) {
    Bytes file = bytes(cat("P5 ", maxval + 1, " 1 ", maxval, "\n"));
    for (int64_t x = 0; x <= maxval; ++x) file.push_back(static_cast<uint8_t>(x));
    const Image image = decode(file, "x", {});
    REQUIRE(image.depth == 8);
    for (int64_t x = 0; x <= maxval; ++x)
      for (int c = 0; c < 3; ++c) {
        const double exact = static_cast<double>(x) * 255 / static_cast<double>(maxval);
        CHECK(image.u8[x * 3 + c] == static_cast<int>(exact + 0.5));
      }
  }
  for (const int64_t maxval : {256, 1023, 4095, 32768, 65534, 65535}) {
    Bytes file = bytes(cat("P6\n2 1\n", maxval, "\n"));
    const int64_t values[] = {0, 1, maxval / 3, maxval / 2, maxval - 1, maxval};
    for (const int64_t x : values) append(file, {uint8_t(x >> 8), uint8_t(x)});
    const Image image = decode(file, "x", {});
    REQUIRE(image.depth == 16);
    for (int i = 0; i < 6; ++i) {
      const double exact = static_cast<double>(values[i]) * 65535 / static_cast<double>(maxval);
      CHECK(image.u16[i] == static_cast<int>(exact + 0.5));
    }
  }
}

TEST_CASE("pnm: comments may be anywhere in the header, and the first is kept") {
  for (const char* head : {"P6#first\n1 1\n255\n", "P6\n#first\n1 1 255\n", "P6 \n #first\n# second\n1 #third\n1\n255 ",
                           "P6\n1 1\n255#first\n", "P6\n1#first\n1\n255\n", "P6\t1\r1\v255\f"}) {
    Bytes file = bytes(head);
    append(file, {'#', 2, 3});
    const Image image = decode(file, "x", {});
    CHECK(image.u8 == Bytes{'#', 2, 3});
    CHECK(image.comment == (std::string(head).find("first") == std::string::npos ? "" : "first"));
  }
}

TEST_CASE("pnm: errors contain the position of the damage") {
  const auto said = [](const std::string& text) { return failure(bytes(text)); };
  CHECK(said("P6\n1 1\n255\nab") == "cannot read 'x': truncated at byte 13");
  CHECK(said("P6\n1 1\n255\nabcd") == "cannot read 'x': 1 bytes after the image's end at byte 14");
  CHECK(said("P6x1 1\n255\nabc") ==
        "cannot read 'x': no white space after the magic number in the PNM header at byte 2");
  CHECK(said("P6\n1 -1\n255\nabc") == "cannot read 'x': no height in the PNM header at byte 5");
  CHECK(said("P6\n0 1\n255\nabc") == "cannot read 'x': bad width 0 in the PNM header at byte 4");
  CHECK(said("P6\n1 1\n65536\nabc") == "cannot read 'x': bad maxval 65536 in the PNM header at byte 12");
  CHECK(said("P6\n1 1\n0\nabc") == "cannot read 'x': bad maxval 0 in the PNM header at byte 8");
  CHECK(said("P6\n99999999999999999999 1\n255\nabc") ==
        "cannot read 'x': too large a width in the PNM header at byte 12");
  CHECK(said("P5\n2 1\n3\n\3\4") == "cannot read 'x': sample 4 exceeds the maxval 3 at byte 10");
  CHECK(said("P6\n100000 100000\n255\n") ==
        "cannot read 'x': 100000x100000 is more than the limit of 268435456 pixels");
  CHECK(said("P6\n2147483647 2147483647\n65535\n") ==
        "cannot read 'x': 2147483647x2147483647 is more than the limit of 268435456 pixels");
  CHECK(said("P6\n#" + std::string(70000, 'a')).find("more than 65536 bytes in the PNM header") != std::string::npos);
  CHECK(said("P3\n1 1\n255\n1 2 3\n") == "'x' is a P3 image; of the PNM formats only P5, P6 and P7 are supported");
  CHECK(said("BM123456") == "'x' is not an image of a known format");
  CHECK(said("") == "'x' is not an image of a known format");
  CHECK(failure(bytes("P6\n3 2\n255\nabcabcabcabcabcabc"), {5}) ==
        "cannot read 'x': 3x2 is more than the limit of 5 pixels");
}

TEST_CASE("pnm: every truncated length is an error") {
  Image image = pattern(5, 3, 16);
  image.comment = "sr {}";
  const Bytes file = encode_pnm(image);
  for (size_t n = 0; n < file.size(); ++n) CHECK_FALSE(failure({file.begin(), file.begin() + n}).empty());
}

TEST_CASE("pnm: comments end in a newline or a carriage return") {
  const Bytes wanted = {1, 2, 3};
  for (const std::string head : {"P6\r# one\r1 1\r255\r", "P6\r\n# one\r\n1 1\r\n#two\r\n255\n",
                                 "P6 # one\r1 #\r1 255 ", "P6\n# one\r1 1\n255\n"}) {
    CAPTURE(head);
    Bytes file = bytes(head);
    append(file, wanted);
    const Image image = decode(file, "x", {});
    CHECK(image.u8 == wanted);
    CHECK(image.comment == " one");
    CHECK(peek_size(file) == std::pair<int64_t, int64_t>{1, 1});
  }
}

TEST_CASE("pam: grey and RGB with and without alpha, any maxval, lines in any order") {
  const auto file = [](const std::string& type, int64_t depth, int64_t maxval, const Bytes& raster) {
    Bytes out = bytes(cat("P7\n# one\nHEIGHT 1\nTUPLTYPE ", type, "\n\nMAXVAL  ", maxval, " \nDEPTH ", depth,
                          "\n#two\nWIDTH\t2\n", "ENDHDR\n"));
    append(out, raster);
    return out;
  };
  const auto read = [](const Bytes& bytes) { return decode(bytes, "x", {}, Transparency::kKeep); };
  const Bytes grey = file("GRAYSCALE", 1, 255, {7, 8});
  CHECK(read(grey).u8 == Bytes{7, 7, 7, 8, 8, 8});
  CHECK(read(grey).alpha.empty());
  CHECK(read(grey).comment == " one");
  CHECK(peek_size(grey) == std::pair<int64_t, int64_t>{2, 1});
  CHECK(read(file("BLACKANDWHITE", 1, 1, {0, 1})).u8 == Bytes{0, 0, 0, 255, 255, 255});
  const Image both = read(file("GRAYSCALE_ALPHA", 2, 3, {1, 3, 2, 0}));
  CHECK(both.u8 == Bytes{85, 85, 85, 170, 170, 170});
  CHECK(both.alpha == std::vector<uint16_t>{65535, 0});
  CHECK(read(file("RGB", 3, 255, {1, 2, 3, 4, 5, 6})).u8 == Bytes{1, 2, 3, 4, 5, 6});
  const Image deep = read(file("RGB_ALPHA", 4, 65535, {1, 0, 2, 0, 3, 0, 0, 9, 4, 0, 5, 0, 6, 0, 255, 255}));
  CHECK(deep.u16 == std::vector<uint16_t>{256, 512, 768, 1024, 1280, 1536});
  CHECK(deep.alpha == std::vector<uint16_t>{9, 65535});
  // Without a type the depth decides.
  CHECK(read(bytes("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nENDHDR\nab")).alpha.size() == 1);

  const auto said = [&](const std::string& head) { return failure(bytes("P7\n" + head)); };
  CHECK(said("WIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nTUPLTYPE CMYK_ALPHA\nENDHDR\nabcde") ==
        "cannot read 'x': unsupported tuples (TUPLTYPE 'CMYK_ALPHA', DEPTH 5; supported are grey and RGB, with or "
        "without "
        "alpha) in the PAM header at byte 59");
  CHECK(said("WIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\na").find("unsupported") !=
        std::string::npos);
  CHECK(said("WIDTH 1\nDEPTH 1\nMAXVAL 255\nENDHDR\na") ==
        "cannot read 'x': no WIDTH, HEIGHT, DEPTH or MAXVAL in the PAM header at byte 30");
  CHECK(said("WIDTH 0\n") == "cannot read 'x': bad WIDTH in the PAM header at byte 3");
  CHECK(said("WIDTH 1x\n") == "cannot read 'x': bad WIDTH in the PAM header at byte 3");
  CHECK(said("MAXVAL 65536\n") == "cannot read 'x': bad MAXVAL in the PAM header at byte 3");
  CHECK(said("WEIGHT 1\n") == "cannot read 'x': an unknown line in the PAM header at byte 3");
  CHECK(said("WIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 3\nENDHDR\n\1\2\3\4") ==
        "cannot read 'x': sample 4 exceeds the maxval 3 at byte 47");
  CHECK(said("WIDTH 99999\nHEIGHT 99999\nDEPTH 4\nMAXVAL 3\nENDHDR\n") ==
        "cannot read 'x': 99999x99999 is more than the limit of 268435456 pixels");
  CHECK(said("# " + std::string(70000, 'a')).find("more than 65536 bytes") != std::string::npos);
  const Bytes whole = file("RGB_ALPHA", 4, 255, {1, 2, 3, 4, 5, 6, 7, 8});
  for (size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(failure({whole.begin(), whole.begin() + n}).empty());
}

TEST_CASE("pam: an image with alpha is written as one, and read back") {
  for (const int depth : {8, 16}) {
    Image image = pattern(5, 3, depth);
    image.comment = "sr {}";
    for (uint16_t i = 0; i < 15; ++i) image.alpha.push_back(static_cast<uint16_t>(i * (depth == 8 ? 257 : 4000)));
    const Bytes file = encode_pnm(image);
    const std::string head = cat("P7\n#sr {}\nWIDTH 5\nHEIGHT 3\nDEPTH 4\nMAXVAL ", depth == 8 ? 255 : 65535,
                                 "\nTUPLTYPE RGB_ALPHA\nENDHDR\n");
    CHECK(std::string(file.begin(), file.begin() + head.size()) == head);
    CHECK(file.size() == head.size() + 60u * (depth / 8));
    const Image back = decode(file, "x", {}, Transparency::kKeep);
    CHECK(back.u8 == image.u8);
    CHECK(back.u16 == image.u16);
    CHECK(back.alpha == image.alpha);
    CHECK(back.comment == image.comment);
  }
}
