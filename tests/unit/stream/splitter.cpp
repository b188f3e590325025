#include "stream/splitter.h"

#include <doctest/doctest.h>

#include "image/jpegs.h"
#include "image/peek.h"
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

// A JPEG as phones write them: a segment MPF lists `second`, which follows after `gap`. With `stale` the list stays, but
// the second image is not there.
Bytes phone_jpeg(const Bytes& first, const Bytes& second, const Bytes& gap = {}, bool stale = false) {
  constexpr size_t kTiff = 2 + 4 + 4, kBytes = 82;  // SOI, marker and length, "MPF"; the TIFF block
  const auto at = static_cast<uint32_t>(first.size() + 4 + 4 + kBytes + gap.size() - kTiff);
  Bytes segment = {'M', 'P', 'F', 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 3};
  append(segment, {0xb0, 0, 0, 7, 0, 0, 0, 4, '0', '1', '0', '0'});
  append(segment, {0xb0, 1, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2});
  append(segment, {0xb0, 2, 0, 7, 0, 0, 0, 32, 0, 0, 0, 50, 0, 0, 0, 0});
  append(segment, joined({{0, 3, 0, 0}, big_endian(at + kTiff - gap.size()), Bytes(8)}));
  append(segment, joined({Bytes(4), big_endian(second.size()), big_endian(at), Bytes(4)}));
  Bytes out = {0xff, 0xd8, 0xff, 0xe2, 0, static_cast<uint8_t>(segment.size() + 2)};
  append(out, segment);
  out.insert(out.end(), first.begin() + 2, first.end());
  REQUIRE(out.size() + gap.size() == at + kTiff);
  if (!stale) append(out, joined({gap, second}));
  return out;
}

// The sizes of a stream's images.
std::vector<size_t> sizes_of(const Bytes& stream, Framing framing = Framing::kStream, size_t piece = SIZE_MAX) {
  Memory source(stream, piece);
  Splitter splitter(source, {}, framing);
  std::vector<size_t> sizes;
  while (const auto next = splitter.next()) sizes.push_back(next->size());
  return sizes;
}

// A film as phones append it, with bytes that look like the beginnings of images.
Bytes film() {
  Bytes out =
      joined({big_endian(24), bytes("ftypmp42"), Bytes(12), {0xff, 0xd8, 0xff}, bytes("P6 and P5\n7"), {0x89, 'P'}});
  for (uint32_t i = 0; i < 100000; ++i) out.push_back(static_cast<uint8_t>(i * i >> 3));
  return out;
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
  CHECK(first_error(joined({image, {'x'}})) ==
        cat("'memory, image 2 (at byte ", image.size(), ")' is not an image of a known format"));
  CHECK(first_error(joined({image, {image.begin(), image.end() - 3}})) ==
        cat("cannot read 'memory, image 2': truncated at byte ", image.size() - 3));
  CHECK(first_error(bytes("P6 100000 100000 255\n")) ==
        "cannot read 'memory, image 1': 100000x100000 is more than the limit of 268435456 pixels");
  Bytes jpeg = jpegs::kColour;
  jpeg[1] = 0;
  CHECK(first_error(jpeg) == "'memory, image 1' is not an image of a known format");
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
  const auto said = [&] { return error_of([&] { Splitter(source, {}, Framing::kSingle).next(); }); };

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

TEST_CASE("splitter: the secondaries that a JPEG lists belong to it, in streams, files and archives") {
  const Quiet quiet;
  const Bytes phone = phone_jpeg(jpegs::kColour, jpegs::kGrey),
              padded = phone_jpeg(jpegs::kColour, jpegs::kGrey, Bytes(7));
  const size_t first = phone.size() - jpegs::kGrey.size(), grey = jpegs::kGrey.size();
  const Bytes png = encode_png(pattern(5, 7), {});
  for (const size_t piece : {size_t{1}, size_t{100}, SIZE_MAX}) {
    const auto sizes = [&](const Bytes& stream, Framing framing = Framing::kStream) {
      return sizes_of(stream, framing, piece);
    };
    for (const Framing framing : {Framing::kStream, Framing::kFile}) {
      CHECK(sizes(phone, framing) == std::vector{first});
      CHECK(sizes(joined({phone, jpegs::kGrey, phone, png}), framing) == std::vector{first, grey, first, png.size()});
      CHECK(sizes(padded, framing) == std::vector{first});
      // A list whose images were removed hides no other image, not even one in their place.
      CHECK(sizes(joined({phone_jpeg(jpegs::kColour, jpegs::kGrey, {}, true), jpegs::kProgressive}), framing) ==
            std::vector{first, jpegs::kProgressive.size()});
    }
    CHECK(sizes(joined({padded, png, phone})) == std::vector{first, png.size(), first});
  }
  for (const Bytes& file : {phone, padded, joined({phone, film()})}) {
    Memory source(file);
    CHECK(read_single(source, {}).size() == first);
  }
  // Damage to the list is no damage to the image.
  for (size_t i = 6; i < 92; ++i)
    for (const uint8_t change : {0x01, 0x80, 0xff}) {
      Bytes damaged = phone;
      damaged[i] ^= change;
      CHECK(sizes_of(damaged)[0] == first);
    }
}

TEST_CASE("splitter: bytes after a JPEG or PNG that begin no image belong to it") {
  const Quiet quiet;
  const Bytes png = encode_png(pattern(5, 7), {}), pnm = encode_pnm(pattern(3, 3));
  for (const Bytes& image : {jpegs::kColour, png})
    for (const Bytes& rest : {Bytes(1), Bytes(70000), bytes("\n"), bytes("\r\n"), bytes("SEFT trailer"), film()}) {
      CAPTURE(rest.size());
      const size_t n = image.size();
      CHECK(sizes_of(joined({image, rest})) == std::vector{n});
      CHECK(sizes_of(joined({image, rest}), Framing::kFile) == std::vector{n});
      Memory source(joined({image, rest}));
      CHECK(read_single(source, {}) == image);
      // A stream goes on with the next image of any format; in a file they extend to its end.
      for (const Bytes& next : {jpegs::kGrey, png, pnm}) {
        CHECK(sizes_of(joined({image, rest, next, image, rest})) == std::vector{n, next.size(), n});
        CHECK(sizes_of(joined({next, image, rest, next}), Framing::kFile) == std::vector{next.size(), n});
      }
    }
}

// As long as its header says, but not longer: the bytes between segments that libjpeg skips are not the splitter's business.
TEST_CASE("splitter: a JPEG that libjpeg reads is never refused") {
  std::vector<size_t> segments;  // the positions of the markers
  const Bytes& file = jpegs::kColour;
  for (size_t at = 2; file[at + 1] != 0xda; at += 2 + file[at + 2] * 256 + file[at + 3]) segments.push_back(at);
  segments.push_back(segments.back() + 2 + file[segments.back() + 3]);  // SOS
  REQUIRE(segments.size() == 9);
  const auto accepted = [](const Bytes& damaged) {
    const uint64_t wanted = jpegs::kColourPixels;
    CHECK(sizes_of(joined({damaged, damaged})) == std::vector{damaged.size(), damaged.size()});
    CHECK(checksum(decode(damaged, "x", {}).u8) == wanted);
    CHECK(peek_size(damaged) == std::pair<int64_t, int64_t>{19, 13});
  };
  for (const size_t at : segments)
    for (const Bytes& between : {Bytes{0}, Bytes{1, 2, 3}, Bytes(300), Bytes{0xff}, Bytes{0xff, 0, 7}}) {
      CAPTURE(at);
      Bytes damaged = file;
      damaged.insert(damaged.begin() + static_cast<ptrdiff_t>(at), between.begin(), between.end());
      accepted(damaged);
    }
  for (const uint8_t length : {15, 2, 1, 0}) {  // of APP0: its end lies between segments
    Bytes damaged = file;
    damaged[5] = length;
    accepted(damaged);
  }
  Bytes damaged = file;
  damaged.erase(damaged.begin() + 2);  // the 0xff of APP0
  accepted(damaged);
}

TEST_CASE("splitter: single images; images after a JPEG are ignored, images after others are an error") {
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
