#include "image/pnm.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"

namespace sr3 {

namespace {

// Reads a header as netpbm does: a comment, wherever it is, counts as the newline or carriage return that ends it.
class Scanner {
 public:
  explicit Scanner(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  // The next character; -1 at the end of the bytes.
  int get() {
    if (at_ == bytes_.size()) return -1;
    if (bytes_[at_] != '#') return bytes_[at_++];
    const auto begin = bytes_.begin() + at_ + 1,
               end = std::find_if(begin, bytes_.end(), [](uint8_t c) { return c == '\n' || c == '\r'; });
    if (end == bytes_.end()) return -1;
    if (comment_.empty()) comment_.assign(begin, end);
    at_ = end - bytes_.begin() + 1;
    return '\n';
  }
  size_t at() const { return at_; }
  const std::string& comment() const { return comment_; }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 2;
  std::string comment_;
};

bool is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

void scale(std::span<const uint8_t> raster, const PnmHeader& header, Image& image, const std::string& origin) {
  const uint32_t maxval = static_cast<uint32_t>(header.maxval);
  const int bytes = maxval > 255 ? 2 : 1;
  const uint32_t top = maxval > 255 ? 65535 : 255;
  const int copies = header.channels == 1 ? Image::kChannels : 1;
  const size_t n = raster.size() / bytes;
  for (size_t i = 0; i < n; ++i) {
    const uint32_t x = bytes == 2 ? raster[2 * i] << 8 | raster[2 * i + 1] : raster[i];
    if (x > maxval)
      throw DataError(cat("cannot read '", origin, "': sample ", x, " exceeds the maxval ", maxval, " at byte ",
                          header.raster + i * bytes));
    const uint64_t y = maxval == top ? x : (uint64_t{2} * x * top + maxval) / (2 * maxval);
    for (int c = 0; c < copies; ++c) {
      if (bytes == 2)
        image.u16[i * copies + c] = static_cast<uint16_t>(y);
      else
        image.u8[i * copies + c] = static_cast<uint8_t>(y);
    }
  }
}

}  // namespace

std::optional<PnmHeader> parse_pnm_header(std::span<const uint8_t> head, const std::string& origin,
                                          const Limits& limits) {
  if (head.size() < 2) return std::nullopt;
  const auto damaged = [&](const std::string& what, size_t at) {
    return DataError(cat("cannot read '", origin, "': ", what, " in the PNM header at byte ", at));
  };
  PnmHeader header;
  header.channels = head[1] == '5' ? 1 : 3;
  Scanner scanner(head);
  int64_t* const fields[] = {&header.width, &header.height, &header.maxval};
  const char* const names[] = {"width", "height", "maxval"};
  const auto incomplete = [&]() -> std::optional<PnmHeader> {
    if (head.size() >= kPnmMaxHeader) throw damaged(cat("more than ", kPnmMaxHeader, " bytes"), head.size());
    return std::nullopt;
  };
  for (int field = 0; field < 3; ++field) {
    int c = scanner.get();
    if (c >= 0 && !is_space(c) && field == 0) throw damaged("no white space after the magic number", scanner.at() - 1);
    while (is_space(c)) c = scanner.get();
    if (c < 0) return incomplete();
    int64_t value = 0;
    if (!std::isdigit(c)) throw damaged(cat("no ", names[field]), scanner.at() - 1);
    for (; c >= 0 && std::isdigit(c); c = scanner.get()) {
      value = value * 10 + (c - '0');
      if (value > INT32_MAX) throw damaged(cat("too large a ", names[field]), scanner.at() - 1);
    }
    if (c < 0) return incomplete();
    if (!is_space(c)) throw damaged(cat("no white space after the ", names[field]), scanner.at() - 1);
    if (value < 1 || (field == 2 && value > 65535))
      throw damaged(cat("bad ", names[field], " ", value), scanner.at() - 1);
    *fields[field] = value;
  }
  check_size(header.width, header.height, origin, limits);
  header.raster = scanner.at();
  header.comment = scanner.comment();
  return header;
}

Image decode_pnm(std::span<const uint8_t> bytes, const std::string& origin, const Limits& limits) {
  const auto header = parse_pnm_header(bytes.first(std::min(bytes.size(), kPnmMaxHeader)), origin, limits);
  if (!header || bytes.size() - header->raster < header->size())
    throw DataError(cat("cannot read '", origin, "': truncated at byte ", bytes.size()));
  check_end(header->raster + header->size(), bytes.size(), origin);
  Image image = make_image(header->width, header->height, header->maxval > 255 ? 16 : 8);
  const auto raster = bytes.subspan(header->raster);
  if (header->maxval == 255 && header->channels == Image::kChannels)
    std::copy(raster.begin(), raster.end(), image.u8.begin());
  else
    scale(raster, *header, image, origin);
  image.comment = header->comment;
  return image;
}

std::string pnm_head(const Image& image) {
  std::string comment = image.comment;
  for (char& c : comment)
    if (c == '\n' || c == '\r' || c == '\0') c = ' ';
  return cat("P6\n", comment.empty() ? "" : "#" + comment + "\n", image.width, " ", image.height, "\n",
             image.depth == 8 ? 255 : 65535, "\n");
}

Bytes encode_pnm(const Image& image) {
  const std::string head = pnm_head(image);
  Bytes out;
  out.reserve(head.size() + image.samples() * (image.depth / 8));
  out.assign(head.begin(), head.end());
  if (image.depth == 8) {
    out.insert(out.end(), image.u8.begin(), image.u8.end());
  } else {
    out.resize(head.size() + image.samples() * 2);
    uint8_t* to = out.data() + head.size();
    for (const uint16_t x : image.u16) {
      *to++ = static_cast<uint8_t>(x >> 8);
      *to++ = static_cast<uint8_t>(x);
    }
  }
  return out;
}

}  // namespace sr3
