#include "stream/splitter.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "image/containers.h"
#include "image/jpeg_markers.h"
#include "image/png.h"
#include "image/pnm.h"

namespace sr3 {

namespace {

constexpr size_t kChunk = size_t{1} << 16;
// The bytes that an image may have besides its pixels: profiles, previews, comments.
constexpr uint64_t kSlack = uint64_t{16} << 20;
// The encoded size of a WebP, GIF or HEIF, which may be a film of which only the first picture is used.
constexpr uint64_t kMostContained = uint64_t{192} << 20;

uint32_t big_endian(const uint8_t* at, int bytes) {
  uint32_t value = 0;
  while (bytes--) value = value << 8 | *at++;
  return value;
}

}  // namespace

Splitter::Splitter(Source& source, const Limits& limits, Framing framing)
    : source_(source), limits_(limits), framing_(framing), origin_(source.name()) {}

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

bool Splitter::more() {
  if (!over_ && std::exchange(may_have_space_, false))
    while (fill(1) && std::isspace(buffer_[0]) != 0) drop(1);
  if (!over_ && std::exchange(may_have_appended_, false)) drop_appended();
  return !over_ && fill(1);
}

std::optional<Bytes> Splitter::next() {
  if (!more()) return std::nullopt;
  over_ = true;  // until the end of this image is found
  const bool number = framing_ != Framing::kSingle;
  origin_ = number ? cat(source_.name(), ", image ", count_ + 1) : source_.name();
  image_begin_ = passed_;
  secondaries_.clear();
  bound(0);
  fill(4);
  // No more than needed: the smallest PNM has ten bytes, and the next image may be long in coming.
  if (buffer_[0] == 'R' || buffer_[0] == 'G' || buffer_[0] == 0) fill(kMagicBytes);
  size_t end = 0;
  // Of bytes that follow an image but are not one, the message gives the position.
  const std::string place = number && count_ > 0 ? cat(origin_, " (at byte ", passed_, ")") : origin_;
  const Format format = sniff({buffer_.data(), std::min(buffer_.size(), kMagicBytes)}, place);
  switch (format) {
    case Format::kPnm:
      end = end_of_pnm();
      break;
    case Format::kPng:
      end = end_of_png();
      break;
    case Format::kJpeg:
      end = end_of_jpeg();
      break;
    default:
      end = end_of_contained(format);
  }
  const auto cut = buffer_.begin() + static_cast<ptrdiff_t>(end);
  Bytes rest(cut, buffer_.end());
  buffer_.resize(end);
  std::swap(rest, buffer_);
  passed_ += end;
  ++count_;
  over_ = false;
  may_have_appended_ = format != Format::kPnm;
  may_have_space_ = format == Format::kPnm;
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

// Never stricter than libjpeg, which skips what is neither a segment nor compressed data: whether a file is too damaged is
// decided when it is decoded. Compressed data are skipped in the same way, because 0 follows each 0xff in them.
size_t Splitter::end_of_jpeg() {
  for (size_t at = 2;;) {
    at = after_marker(at);
    const uint8_t marker = buffer_[at - 1];
    if (marker == 0xd9) return at;
    if (stands_alone(marker)) continue;
    need(at + 2);
    const size_t length = std::max(2u, big_endian(&buffer_[at], 2));
    need(at + length);
    if (is_frame(marker) && length >= 8) {
      const int64_t height = big_endian(&buffer_[at + 3], 2), width = big_endian(&buffer_[at + 5], 2);
      if (width > 0) check_size(width, height, origin_, limits_);
      bound(static_cast<uint64_t>(width) * height * 4 * buffer_[at + 7]);
    } else if (marker == 0xe2) {
      const auto listed = mpf_images({&buffer_[at + 2], length - 2}, at + 2);
      secondaries_.insert(secondaries_.end(), listed.begin(), listed.end());
    }
    at += length;
  }
}

// The containers may hold films and previews, so their size is bounded by what memory can be spent on any of them.
size_t Splitter::end_of_contained(Format format) {
  bound(kMostContained);
  const auto filled = [this](size_t n) {
    if (n > most_) need(n);  // throws
    fill(n);
    return std::span<const uint8_t>(buffer_);
  };
  if (format == Format::kWebp) return end_of_webp(filled, origin_);
  if (format == Format::kGif) return end_of_gif(filled, origin_);
  if (format == Format::kHeif) return end_of_heif(filled, origin_);
  bound(static_cast<uint64_t>(limits_.max_pixels) * 8);
  if (framing_ == Framing::kStream) return end_of_tiff(filled, origin_);
  // A file is one TIFF, with whatever programs hide in it.
  for (size_t size = 0; size < buffer_.size();) size = buffer_.size(), filled(size + 1);
  return buffer_.size();
}

size_t Splitter::after_marker(size_t at) {
  for (;;) {
    need(at + 2);
    const void* const found = std::memchr(&buffer_[at], 0xff, buffer_.size() - 1 - at);
    if (!found) {  // or it is the last byte
      at = buffer_.size() - 1;
      continue;
    }
    at = static_cast<size_t>(static_cast<const uint8_t*>(found) - buffer_.data());
    while (need(at + 2), buffer_[at + 1] == 0xff) ++at;
    at += 2;
    if (buffer_[at - 1] != 0) return at;
  }
}

void Splitter::drop(size_t n) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(n));
  passed_ += n;
}

size_t Splitter::secondary_at(size_t at) {
  const uint64_t begin = passed_ + at - image_begin_;
  for (const MpfImage& image : secondaries_) {
    if (image.begin != begin || image.size > most_ || !fill(at + image.size)) continue;
    // A program may have removed the secondaries and left the list; then it is another image that begins here.
    size_t end = at + image.size;
    while (end > at + 4 && buffer_[end - 1] == 0) --end;
    if (end >= at + 4 && buffer_[at] == 0xff && buffer_[at + 1] == 0xd8 && buffer_[end - 2] == 0xff &&
        buffer_[end - 1] == 0xd9)
      return image.size;
  }
  return 0;
}

bool Splitter::plainly_begins_image(size_t at) {
  const auto begins = [&](std::initializer_list<uint8_t> magic) {
    return fill(at + magic.size()) && std::equal(magic.begin(), magic.end(), &buffer_[at]);
  };
  const auto head = [&] {
    fill(at + kMagicBytes);
    const auto rest = std::span<const uint8_t>(buffer_).subspan(at);
    return rest.first(std::min(rest.size(), kMagicBytes));
  };
  if (buffer_[at] == 'R') return begins_as_webp(head());
  if (buffer_[at] == 'G') return begins_as_gif(head());
  if (buffer_[at] == 'I' || buffer_[at] == 'M') return head().size() >= 8 && begins_as_tiff(head());
  if (buffer_[at] == 0x89)
    return begins({0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'});
  if (buffer_[at] == 0xff) {  // SOI, and two segments that follow one another
    if (!begins({0xff, 0xd8, 0xff}) || !fill(at + 6) || buffer_[at + 3] < 0xc0) return false;
    const size_t next = at + 4 + big_endian(&buffer_[at + 4], 2);
    return fill(next + 2) && buffer_[next] == 0xff && buffer_[next + 1] >= 0xc0;
  }
  if (buffer_[at] != 'P') return false;
  if (!begins({'P', '5'}) && !begins({'P', '6'}) && !begins({'P', '7', '\n'})) return false;
  for (size_t n = 16; n <= 1024; n *= 2) {  // a header rarely has more bytes
    const bool whole = fill(at + n);
    try {
      const auto rest = std::span<const uint8_t>(buffer_).subspan(at);
      if (parse_pnm_header(rest.first(std::min(n, rest.size())), origin_, {INT64_MAX})) return true;
    } catch (const DataError&) {
      return false;
    }
    if (!whole) return false;
  }
  return false;
}

// Bytes directly after an image begin the next one if its first bytes are there: what they say is checked when it is read.
// Once there were others, as in the film that a phone appends, only whole headers are an image.
void Splitter::drop_appended() {
  uint64_t others = 0;
  bool blank = true;
  size_t at = 0;
  while (fill(at + 1)) {
    if (const size_t size = secondary_at(at)) {
      at += size;
    } else {
      if (others == 0) {
        fill(at + (buffer_[at] == 0 ? kMagicBytes : 3));
        // The first bytes of the other formats are those of films, sounds and texts, too.
        const bool common = std::string_view("RGIM").find(static_cast<char>(buffer_[at])) != std::string_view::npos;
        if (common ? plainly_begins_image(at) : begins_as_image(std::span<const uint8_t>(buffer_).subspan(at))) break;
        if (framing_ != Framing::kStream) {
          over_ = true;
          break;
        }
      } else if (plainly_begins_image(at)) {
        break;
      }
      blank = blank && (buffer_[at] == 0 || std::isspace(buffer_[at]));
      ++others;
      ++at;
    }
    if (at >= kChunk) drop(std::exchange(at, 0));
  }
  drop(at);
  if (over_ ? framing_ == Framing::kFile && count_ > 1 : !blank)
    warn(cat("'", origin_, "': ignoring ", over_ ? "what follows it" : cat(others, " bytes after it"),
             over_ ? ", which begins no image" : ", which begin no image"));
}

Bytes read_single(Source& source, const Limits& limits) {
  Splitter splitter(source, limits, Framing::kSingle);
  auto bytes = splitter.next();
  if (!bytes) throw DataError(cat("cannot read '", source.name(), "': empty"));
  if (sniff(*bytes, source.name()) != Format::kJpeg && splitter.more())
    throw DataError(cat("cannot read '", source.name(), "': more bytes after the image's end at byte ", bytes->size()));
  return std::move(*bytes);
}

}  // namespace sr3
