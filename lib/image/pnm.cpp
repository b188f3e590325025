#include "image/pnm.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <sstream>

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

// The samples of the file as those of the image: the nearest levels of 8 or 16 bits.
template <int kBytes>
void scale(std::span<const uint8_t> raster, const PnmHeader& header, Image& image, const std::string& origin) {
  const uint32_t maxval = static_cast<uint32_t>(header.maxval), top = kBytes == 2 ? 65535 : 255;
  const int channels = header.channels, colours = channels < 3 ? 1 : 3;
  size_t at = 0;
  const auto next = [&](uint32_t to) {
    const uint32_t x = kBytes == 2 ? raster[2 * at] << 8 | raster[2 * at + 1] : raster[at];
    if (x > maxval)
      throw DataError(cat("cannot read '", origin, "': sample ", x, " exceeds the maxval ", maxval, " at byte ",
                          header.raster + at * kBytes));
    ++at;
    return maxval == to ? x : static_cast<uint32_t>((uint64_t{2} * x * to + maxval) / (uint64_t{2} * maxval));
  };
  const size_t pixels = raster.size() / static_cast<size_t>(kBytes * channels);
  for (size_t i = 0; i < pixels; ++i) {
    for (int c = 0; c < Image::kChannels; ++c) {
      const size_t to = i * Image::kChannels + static_cast<size_t>(c);
      if constexpr (kBytes == 2)
        image.u16[to] = static_cast<uint16_t>(c < colours ? next(top) : image.u16[to - 1]);
      else
        image.u8[to] = static_cast<uint8_t>(c < colours ? next(top) : image.u8[to - 1]);
    }
    if (header.has_alpha()) image.alpha[i] = static_cast<uint16_t>(next(65535));
  }
}

// Reads the header of a PAM as netpbm does: lines of a word and its value, in any order.
class PamHeader {
 public:
  PamHeader(std::span<const uint8_t> head, const std::string& origin) : head_(head), origin_(origin) {}

  // Nothing if the header is incomplete.
  std::optional<PnmHeader> parse() {
    while (auto line = next_line()) {
      if (line->starts_with('#')) {
        if (header_.comment.empty()) header_.comment = line->substr(1);
        continue;
      }
      std::istringstream words(*line);
      std::string word, value;
      if (!(words >> word)) continue;
      if (word == "ENDHDR") return finished();
      std::getline(words >> std::ws, value);
      value.erase(value.find_last_not_of(" \t\r\v\f") + 1);
      take(word, value);
    }
    return std::nullopt;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(cat("cannot read '", origin_, "': ", what, " in the PAM header at byte ", line_));
  }

  std::optional<std::string> next_line() {
    const auto begin = head_.begin() + static_cast<ptrdiff_t>(at_), end = std::find(begin, head_.end(), '\n');
    if (end == head_.end()) return std::nullopt;
    line_ = at_;
    at_ = static_cast<size_t>(end - head_.begin()) + 1;
    return std::string(begin, end);
  }

  void take(const std::string& word, const std::string& value) {
    if (word == "TUPLTYPE") {
      type_ += (type_.empty() ? "" : " ") + value;
      return;
    }
    int64_t* const field = word == "WIDTH"    ? &header_.width
                           : word == "HEIGHT" ? &header_.height
                           : word == "DEPTH"  ? &depth_
                           : word == "MAXVAL" ? &header_.maxval
                                              : nullptr;
    if (!field) fail("an unknown line");
    const int64_t most = field == &header_.maxval ? 65535 : INT32_MAX;
    int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < 1 || number > most)
      fail(cat("bad ", word));
    *field = number;
  }

  PnmHeader finished() {
    if (header_.width == 0 || header_.height == 0 || depth_ == 0 || header_.maxval == 0)
      fail("no WIDTH, HEIGHT, DEPTH or MAXVAL");
    struct Type {
      const char* name;
      int64_t depth;
    };
    static constexpr Type kTypes[] = {{"BLACKANDWHITE", 1},   {"GRAYSCALE", 1}, {"BLACKANDWHITE_ALPHA", 2},
                                      {"GRAYSCALE_ALPHA", 2}, {"RGB", 3},       {"RGB_ALPHA", 4}};
    const bool known = std::any_of(std::begin(kTypes), std::end(kTypes), [&](const Type& type) {
      return depth_ == type.depth && (type_.empty() || type_ == type.name);
    });
    if (!known)
      fail(cat("unsupported tuples (TUPLTYPE '", type_, "', DEPTH ", depth_, "; supported are grey and RGB, with or ",
               "without alpha)"));
    header_.channels = static_cast<int>(depth_);
    header_.raster = at_;
    return header_;
  }

  std::span<const uint8_t> head_;
  const std::string& origin_;
  size_t at_ = 3, line_ = 0;  // after "P7\n"; the beginning of the current line
  PnmHeader header_;
  int64_t depth_ = 0;
  std::string type_;
};

}  // namespace

std::optional<PnmHeader> parse_pnm_header(std::span<const uint8_t> head, const std::string& origin,
                                          const Limits& limits) {
  if (head.size() < 3) return std::nullopt;
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
  if (head[1] == '7') {
    auto pam = PamHeader(head, origin).parse();
    if (!pam) return incomplete();
    check_size(pam->width, pam->height, origin, limits);
    return pam;
  }
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
  if (header->has_alpha()) image.alpha.resize(static_cast<size_t>(header->width * header->height));
  const auto raster = bytes.subspan(header->raster);
  if (header->maxval == 255 && header->channels == Image::kChannels)
    std::copy(raster.begin(), raster.end(), image.u8.begin());
  else if (image.depth == 8)
    scale<1>(raster, *header, image, origin);
  else
    scale<2>(raster, *header, image, origin);
  image.comment = header->comment;
  return image;
}

std::string pnm_head(const Image& image) {
  std::string comment = image.comment;
  for (char& c : comment)
    if (c == '\n' || c == '\r' || c == '\0') c = ' ';
  if (!comment.empty()) comment = "#" + comment + "\n";
  const int maxval = image.depth == 8 ? 255 : 65535;
  if (image.alpha.empty()) return cat("P6\n", comment, image.width, " ", image.height, "\n", maxval, "\n");
  return cat("P7\n", comment, "WIDTH ", image.width, "\nHEIGHT ", image.height, "\nDEPTH 4\nMAXVAL ", maxval,
             "\nTUPLTYPE RGB_ALPHA\nENDHDR\n");
}

Bytes encode_pnm(const Image& image) {
  const std::string head = pnm_head(image);
  const bool deep = image.depth == 16, alpha = !image.alpha.empty();
  const size_t pixels = image.samples() / Image::kChannels;
  Bytes out(head.size() + (image.samples() + image.alpha.size()) * (deep ? 2 : 1));
  uint8_t* to = std::copy(head.begin(), head.end(), out.data());
  if (!deep && !alpha) {
    std::copy(image.u8.begin(), image.u8.end(), to);
    return out;
  }
  const auto put = [&to](uint16_t x) {
    *to++ = static_cast<uint8_t>(x >> 8);
    *to++ = static_cast<uint8_t>(x);
  };
  for (size_t i = 0; i < pixels; ++i) {
    for (size_t c = i * Image::kChannels; c < (i + 1) * Image::kChannels; ++c)
      deep ? put(image.u16[c]) : void(*to++ = image.u8[c]);
    if (alpha) deep ? put(image.alpha[i]) : void(*to++ = rounded_to_8(image.alpha[i]));
  }
  return out;
}

}  // namespace sr3
