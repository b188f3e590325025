#include "stream/splitter.h"

#include <doctest/doctest.h>

#include "image/jpegs.h"
#include "image/png.h"
#include "image/pnm.h"
#include "stream/scratch.h"

using namespace sr3;
using namespace samples;

namespace {

std::vector<Bytes> mixed() {
  Image commented = pattern(6, 4);
  commented.comment = "sr {}";
  Bytes restarts = jpegs::kColour;  // with fill bytes before EOI
  restarts.insert(restarts.end() - 2, {0xff, 0xff});
  return {encode_pnm(commented),
          jpegs::kColour,
          encode_png(pattern(5, 7, 16), {}),
          encode_pnm(pattern(3, 3, 16)),
          jpegs::kProgressive,
          restarts,
          jpegs::kCmyk,
          encode_pnm(pattern(1, 1)),
          encode_png(pattern(40, 40), {})};
}

std::string first_error(const Bytes& stream, const Limits& limits = {}) {
  return error_of([&] {
    Memory source(stream);
    Splitter splitter(source, limits);
    while (splitter.next()) {
    }
  });
}

}  // namespace

TEST_CASE("splitter: a mixed stream is split exactly, in whatever pieces it arrives") {
  const auto images = mixed();
  Bytes stream;
  for (const auto& image : images) append(stream, image);
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{7}, size_t{100}, SIZE_MAX}) {
    Memory source(stream, piece);
    Splitter splitter(source, {});
    for (const auto& image : images) {
      CHECK(splitter.more());
      const auto next = splitter.next();
      REQUIRE(next);
      CHECK(*next == image);
    }
    CHECK_FALSE(splitter.next());
    CHECK(splitter.count() == static_cast<int64_t>(images.size()));
    CHECK(splitter.origin() == "memory, image 9");
  }
}

TEST_CASE("splitter: an image is available as soon as its last byte has arrived") {
  // The source ends the program if more than the first image is requested.
  struct OneOnly : Memory {
    using Memory::Memory;
    size_t read(uint8_t* to, size_t n) override {
      const size_t got = Memory::read(to, n);
      if (got == 0) throw std::logic_error("read beyond the image");
      return got;
    }
  };
  for (const auto& image : mixed()) {
    OneOnly source(image);
    Splitter splitter(source, {});
    CHECK(*splitter.next() == image);
  }
}

TEST_CASE("splitter: a stream truncated anywhere except between images is an error, and then at its end") {
  for (const auto& image : mixed())
    for (size_t n = 1; n < image.size(); ++n) {
      Memory source({image.begin(), image.begin() + n});
      Splitter splitter(source, {});
      CHECK_FALSE(error_of([&] { splitter.next(); }).empty());
      CHECK_FALSE(splitter.next());
    }
  Memory empty({});
  CHECK_FALSE(Splitter(empty, {}).next());
}

TEST_CASE("splitter: messages") {
  const Bytes image = encode_pnm(pattern(2, 2));
  CHECK(first_error(joined({image, {'\n'}})) ==
        cat("'memory, image 2 (at byte ", image.size(), ")' is not a PNG, JPEG or PNM image"));
  CHECK(first_error(joined({image, {image.begin(), image.end() - 3}})) ==
        cat("cannot read 'memory, image 2': truncated at byte ", image.size() - 3));
  CHECK(first_error(bytes("P6 100000 100000 255\n")) ==
        "cannot read 'memory, image 1': 100000x100000 is more than the limit of 268435456 pixels");
  Bytes jpeg = jpegs::kColour;
  jpeg[2] = 0;
  CHECK(first_error(jpeg) == "'memory, image 1' is not a PNG, JPEG or PNM image");
  jpeg = jpegs::kColour;
  jpeg[4] = jpeg[5] = 0;  // length of APP0
  CHECK(first_error(jpeg) == "cannot read 'memory, image 1': damaged JPEG segment at byte 4");
}

TEST_CASE("splitter: endless chunks and segments are refused with bounded memory") {
  // A source that never ends, after a given start.
  struct Endless : Source {
    Bytes begin;
    Bytes again;
    uint64_t served = 0;
    std::string label = "endless";
    size_t read(uint8_t* to, size_t n) override {
      for (size_t i = 0; i < n; ++i, ++served)
        to[i] = served < begin.size() ? begin[served] : again[(served - begin.size()) % again.size()];
      return n;
    }
    const std::string& name() const override { return label; }
  };
  Endless source;
  const auto said = [&] { return error_of([&] { Splitter(source, {}, false).next(); }); };

  source.begin = signature();
  append(source.begin, header(1, 1, 8, 2));
  append(source.begin, {0x7f, 0xff, 0xff, 0xff, 't', 'E', 'X', 't'});
  source.again = {'a'};
  CHECK(said() == "cannot read 'endless': more than the 16777226 bytes that its size allows");
  CHECK(source.served < 1 << 20);  // refused by its length already

  source.served = 0;
  source.begin.resize(source.begin.size() - 8);
  source.again = chunk("tEXt", bytes("a"));
  CHECK(said().find("bytes that its size allows") != std::string::npos);
  CHECK(source.served < 20 << 20);

  source.served = 0;
  source.begin = {0xff, 0xd8, 0xff};
  source.again = {0xe0, 0, 4, 0, 0, 0xff};
  CHECK(said().find("bytes that its size allows") != std::string::npos);
  CHECK(source.served < 20 << 20);
}

TEST_CASE("splitter: single images; data after a JPEG are ignored, data after others are an error") {
  const auto single = [](const Bytes& content) {
    Memory source(content);
    return read_single(source, {});
  };
  CHECK(single(jpegs::kColour) == jpegs::kColour);
  CHECK(single(joined({jpegs::kColour, jpegs::kGrey})) == jpegs::kColour);
  const Bytes png = encode_png(pattern(2, 2), {});
  CHECK(single(png) == png);
  CHECK(error_of([&] {
          single(joined({png, png}));
        }) == cat("cannot read 'memory': more bytes after the image's end at byte ", png.size()));
  CHECK(error_of([&] { single({}); }) == "cannot read 'memory': empty");
}
