#include "stream/splitter.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "image/png.h"
#include "image/pnm.h"

namespace sr3 {

namespace {

constexpr size_t kChunk = size_t{1} << 16;
// The bytes that an image may have besides its pixels: profiles, previews, comments.
constexpr uint64_t kSlack = uint64_t{16} << 20;

uint32_t big_endian(const uint8_t* at, int bytes) {
  uint32_t value = 0;
  while (bytes--) value = value << 8 | *at++;
  return value;
}

// SOF0..SOF15, without DHT, JPG and DAC, which lie among them.
bool is_frame(uint8_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

}  // namespace

Splitter::Splitter(Source& source, const Limits& limits, bool number)
    : source_(source), limits_(limits), number_(number), origin_(source.name()) {}

bool Splitter::fill(size_t n) {
  while (buffer_.size() < n) {
    const size_t used = buffer_.size();
    // Grown by doubling, never by what a header claims: a lie costs no memory.
    const size_t room = std::max(kChunk, std::min(n - used, used));
    buffer_.resize(used + room);
    const size_t got = source_.read(buffer_.data() + used, room);
    buffer_.resize(used + got);
    if (got == 0) return false;
  }
  return true;
}

void Splitter::need(size_t n) {
  if (n > most_)
    throw DataError(cat("cannot read '", origin_, "': more than the ", most_, " bytes that its size allows"));
  if (!fill(n)) throw DataError(cat("cannot read '", origin_, "': truncated at byte ", buffer_.size()));
}

void Splitter::bound(uint64_t size) { most_ = size + size / 4 + kSlack; }

bool Splitter::more() { return !over_ && fill(1); }

std::optional<Bytes> Splitter::next() {
  if (!more()) return std::nullopt;
  over_ = true;  // until the end of this image is found
  origin_ = number_ ? cat(source_.name(), ", image ", count_ + 1) : source_.name();
  bound(0);
  fill(4);
  size_t end = 0;
  // Of bytes that follow an image but are not one, the message gives the position.
  const std::string place = number_ && count_ > 0 ? cat(origin_, " (at byte ", passed_, ")") : origin_;
  switch (sniff({buffer_.data(), std::min<size_t>(buffer_.size(), 4)}, place)) {
    case Format::kPnm:
      end = end_of_pnm();
      break;
    case Format::kPng:
      end = end_of_png();
      break;
    case Format::kJpeg:
      end = end_of_jpeg();
      break;
  }
  const auto cut = buffer_.begin() + static_cast<ptrdiff_t>(end);
  Bytes rest(cut, buffer_.end());
  buffer_.resize(end);
  std::swap(rest, buffer_);
  passed_ += end;
  ++count_;
  over_ = false;
  return rest;
}

size_t Splitter::end_of_pnm() {
  for (;;) {
    if (const auto header = parse_pnm_header(buffer_, origin_, limits_)) {
      const uint64_t end = header->raster + header->size();
      most_ = end;
      need(end);
      return end;
    }
    need(buffer_.size() + 1);
  }
}

size_t Splitter::end_of_png() {
  need(kPngHeader);
  bound(parse_png_header(buffer_, origin_, limits_).size());
  for (size_t at = 8;;) {
    need(at + 8);
    const size_t begin = at;
    at += size_t{12} + big_endian(&buffer_[begin], 4);
    need(at);
    if (std::memcmp(&buffer_[begin + 4], "IEND", 4) == 0) return at;
  }
}

size_t Splitter::end_of_jpeg() {
  size_t at = 2;
  for (;;) {
    // At a marker: any number of 0xff, then its code.
    need(at + 2);
    if (buffer_[at] != 0xff) throw DataError(cat("cannot read '", origin_, "': no JPEG marker at byte ", at));
    while (need(at + 2), buffer_[at + 1] == 0xff) ++at;
    const uint8_t marker = buffer_[at + 1];
    at += 2;
    if (marker == 0xd9) return at;
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    need(at + 2);
    const size_t length = big_endian(&buffer_[at], 2);
    if (length < 2) throw DataError(cat("cannot read '", origin_, "': damaged JPEG segment at byte ", at));
    need(at + length);
    if (is_frame(marker) && length >= 8) {
      const int64_t height = big_endian(&buffer_[at + 3], 2), width = big_endian(&buffer_[at + 5], 2);
      if (width > 0) check_size(width, height, origin_, limits_);
      bound(static_cast<uint64_t>(width) * height * 4 * buffer_[at + 7]);
    }
    at += length;
    if (marker != 0xda) continue;
    // Compressed data end at a 0xff that is followed by neither 0 nor the code of a restart marker.
    for (;;) {
      need(at + 2);
      const void* const found = std::memchr(&buffer_[at], 0xff, buffer_.size() - 1 - at);
      if (!found) {  // or it is the last byte
        at = buffer_.size() - 1;
        continue;
      }
      at = static_cast<size_t>(static_cast<const uint8_t*>(found) - buffer_.data());
      const uint8_t next = buffer_[at + 1];
      if (next == 0 || (next >= 0xd0 && next <= 0xd7))
        at += 2;
      else if (next == 0xff)
        ++at;
      else
        break;
    }
  }
}

Bytes read_single(Source& source, const Limits& limits) {
  Splitter splitter(source, limits, false);
  auto bytes = splitter.next();
  if (!bytes) throw DataError(cat("cannot read '", source.name(), "': empty"));
  if (sniff(*bytes, source.name()) != Format::kJpeg && splitter.more())
    throw DataError(cat("cannot read '", source.name(), "': more bytes after the image's end at byte ", bytes->size()));
  return std::move(*bytes);
}

}  // namespace sr3
