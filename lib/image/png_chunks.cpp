#include "image/png_chunks.h"

#include <strings.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "image/codec.h"
#include "image/exif.h"
#include "image/icc_profile.h"
#include "image/orientation.h"

namespace sr3 {

namespace {

using Data = std::span<const uint8_t>;

// No more of a text is decompressed: a few bytes can expand to gigabytes.
constexpr size_t kMaxText = size_t{1} << 20;

uint32_t number_at(Data bytes, size_t at) {
  return uint32_t{bytes[at]} << 24 | uint32_t{bytes[at + 1]} << 16 | uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

std::string_view text_of(Data data) { return {reinterpret_cast<const char*>(data.data()), data.size()}; }

// Removes the text up to the first zero, and the zero, from the front of `data`, and returns it.
std::string_view take_word(Data& data) {
  const auto end = std::find(data.begin(), data.end(), 0);
  const auto n = static_cast<size_t>(end - data.begin());
  const std::string_view word = text_of(data.first(n));
  data = data.subspan(std::min(n + 1, data.size()));
  return word;
}

// The first `most` bytes of what is compressed; fewer if it is damaged.
std::string inflated(Data data, size_t most = kMaxText) {
  std::string text(std::min(most, size_t{1} << 14), '\0');
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return "";
  stream.next_in = const_cast<Bytef*>(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  while (inflate(&stream, Z_SYNC_FLUSH) == Z_OK && stream.avail_out == 0 && text.size() < most) {
    const size_t used = text.size();
    text.resize(std::min(2 * used, most));
    stream.next_out = reinterpret_cast<Bytef*>(&text[used]);
    stream.avail_out = static_cast<uInt>(text.size() - used);
  }
  text.resize(text.size() - stream.avail_out);
  inflateEnd(&stream);
  return text;
}

// The text of a chunk tEXt, zTXt or iTXt, after its keyword.
std::string content_of(std::string_view type, Data data) {
  bool compressed = type == "zTXt";
  if (type == "iTXt") {
    compressed = data.size() > 1 && data[0] == 1;
    data = data.subspan(std::min<size_t>(2, data.size()));  // flag and method
    take_word(data);                                        // language
    take_word(data);                                        // keyword in that language
  } else if (compressed) {
    data = data.subspan(std::min<size_t>(1, data.size()));  // method
  }
  return compressed ? inflated(data) : std::string(text_of(data));
}

// The bytes of a profile that ImageMagick wrote as a text: lines of its name, its length, and its bytes in hexadecimal.
std::vector<uint8_t> raw_profile(std::string_view text) {
  const auto skip = [&](auto is) {
    while (!text.empty() && is(static_cast<unsigned char>(text[0]))) text.remove_prefix(1);
  };
  const auto space = [](unsigned char c) { return std::isspace(c) != 0; };
  skip(space);
  skip([](unsigned char c) { return c != '\n'; });  // name
  skip(space);
  skip([&](unsigned char c) { return !space(c); });  // length
  std::vector<uint8_t> profile;
  int digits = 0;
  uint8_t value = 0;
  for (const char c : text) {
    if (!std::isxdigit(static_cast<unsigned char>(c))) continue;
    const int digit = std::isdigit(static_cast<unsigned char>(c)) ? c - '0' : (c | 0x20) - 'a' + 10;
    value = static_cast<uint8_t>(value << 4 | digit);
    if (++digits % 2 == 0) profile.push_back(value);
  }
  return profile;
}

// The profile in a chunk iCCP, after its name and the method of compression.
std::vector<uint8_t> profile_of(Data data, const std::string& origin) {
  take_word(data);
  const std::string plain = inflated(data.subspan(std::min<size_t>(1, data.size())), kMaxProfile + 1);
  return usable_profile({plain.begin(), plain.end()}, origin);
}

// Gathers what the texts say.
struct Texts {
  std::string comment;
  std::vector<uint8_t> exif_data;
  int exif = 0, xmp = 0;

  void add(std::string_view type, Data data) {
    const std::string keyword(take_word(data));
    // ImageMagick writes "comment" in lower case.
    if (type == "tEXt" && comment.empty() && ::strcasecmp(keyword.c_str(), "Comment") == 0)
      comment = text_of(data);
    else if (keyword == "Raw profile type exif" || keyword == "Raw profile type APP1")
      add_exif(raw_profile(content_of(type, data)));
    else if (keyword == "XML:com.adobe.xmp")
      xmp = xmp ? xmp : xmp_orientation(content_of(type, data));
    else if (keyword == "Raw profile type xmp")
      xmp = xmp ? xmp : xmp_orientation(text_of(raw_profile(content_of(type, data))));
  }

  void add_exif(Data data) {
    if (exif == 0) exif = exif_orientation(data);
    if (exif_data.empty()) exif_data = exif_block(data);
  }
};

}  // namespace

PngChunks read_png_chunks(Data bytes, const std::string& origin) {
  PngChunks found;
  Texts texts;
  for (size_t at = 8;;) {
    if (bytes.size() - at < 12 || bytes.size() - at - 12 < number_at(bytes, at))
      throw DataError(cat("cannot read '", origin, "': truncated at byte ", bytes.size()));
    const auto type = text_of(bytes.subspan(at + 4, 4));
    const Data data = bytes.subspan(at + 8, number_at(bytes, at));
    const size_t begin = at;
    at += 12 + data.size();
    if (type == "IEND") {
      check_end(at, bytes.size(), origin);
      break;
    }
    if (type == "IDAT") found.compressed += data.size();
    if (std::isupper(static_cast<unsigned char>(type[0]))) continue;  // critical: libpng refuses a wrong CRC
    if (::crc32(0, &bytes[begin + 4], static_cast<uInt>(data.size() + 4)) != number_at(bytes, at - 4)) {
      warn_once(cat("'", origin, "': ignoring the chunk ", type, " at byte ", begin, ", whose checksum is wrong"));
      continue;
    }
    if (type == "eXIf" && found.orientation == 0) found.orientation = exif_orientation(data);
    if (type == "eXIf" && found.exif.empty()) found.exif = exif_block(data);
    if (type == "iCCP" && found.profile.empty()) found.profile = profile_of(data, origin);
    if (type == "tEXt" || type == "zTXt" || type == "iTXt") texts.add(type, data);
  }
  found.comment = std::move(texts.comment);
  if (found.exif.empty()) found.exif = std::move(texts.exif_data);
  if (found.orientation == 0) found.orientation = texts.exif ? texts.exif : texts.xmp;
  return found;
}

}  // namespace sr3
