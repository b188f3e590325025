#include "image/peek.h"

#include <doctest/doctest.h>

#include "image/codec.h"

using namespace sr3;

namespace {

using Size = std::pair<int64_t, int64_t>;

std::optional<Size> peek(const std::string& text) {
  return peek_size({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace

TEST_CASE("sizes are read from every format's header") {
  for (Format format : {Format::kPnm, Format::kPng, Format::kJpeg}) {
    const Bytes bytes = encode(make_image(321, 45), format, {});
    CHECK(peek_size(bytes) == Size{321, 45});
    CHECK(peek_size(std::span(bytes).first(9)) == std::nullopt);
  }
  CHECK(peek("P5 # one\n#two\n 12\t34 255\n") == Size{12, 34});
  // A JPEG with an application segment (which itself looks like a frame) and fill bytes before its frame.
  const std::string segment("\xff\xe1\0\x0c\xff\xc0\0\x11\x08\0\x01\0\x01\x03", 14);
  const std::string frame("\xff\xff\xc2\0\x11\x08\x01\0\x02\x03", 10);
  CHECK(peek("\xff\xd8" + segment + frame) == Size{0x203, 0x100});
}

TEST_CASE("data without a size give none") {
  CHECK(peek("") == std::nullopt);
  CHECK(peek("P6") == std::nullopt);
  CHECK(peek("P6 12 3") == std::nullopt);  // may be incomplete
  CHECK(peek("P6 0 3 255\n") == std::nullopt);
  CHECK(peek("P6 x 3 255\n") == std::nullopt);
  CHECK(peek("P6 12#") == std::nullopt);
  CHECK(peek("GIF89a..") == std::nullopt);
  CHECK(peek(std::string("\xff\xd8\xff\xda\0\0\0\0", 8)) == std::nullopt);
  CHECK(peek(std::string("\xff\xd8\0\0\0\0\0\0", 8)) == std::nullopt);
  CHECK(peek(std::string("\xff\xd8\xff\xe0\0\0\xff\xe0\0\0", 10)) == std::nullopt);
  CHECK(peek(std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDx\0\0\0\1\0\0\0\1", 24)) == std::nullopt);
}
