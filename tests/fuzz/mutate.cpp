#include "mutate.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

namespace sr3 {

namespace {

constexpr size_t kMax = size_t{1} << 20;

// Writes an integer of 1, 2, 4 or 8 bytes near the limits of its range, in either byte order.
void extreme_number(Bytes& bytes, RandomStream& random) {
  const size_t width = size_t{1} << random.below(4);
  if (bytes.size() < width) return;
  const uint64_t values[] = {0,
                             1,
                             0x7f,
                             0x80,
                             0xff,
                             0x7fff,
                             0x8000,
                             0xffff,
                             0x7fffffff,
                             0x80000000,
                             0xffffffff,
                             0x7fffffffffffffff,
                             0x8000000000000000,
                             0xffffffffffffffff};
  const uint64_t value = values[random.below(std::size(values))];
  const bool big = random.below(2);
  const size_t at = random.below(bytes.size() - width + 1);
  for (size_t i = 0; i < width; ++i) bytes[at + i] = static_cast<uint8_t>(value >> 8 * (big ? width - 1 - i : i));
}

// Replaces a decimal number, such as the dimensions of PNM or sizes in JSON.
void other_decimal(Bytes& bytes, RandomStream& random) {
  std::vector<size_t> starts;
  for (size_t i = 0; i < std::min<size_t>(bytes.size(), 4096); ++i)
    if (std::isdigit(bytes[i]) && (i == 0 || !std::isdigit(bytes[i - 1]))) starts.push_back(i);
  if (starts.empty()) return;
  const size_t at = starts[random.below(starts.size())];
  size_t end = at;
  while (end < bytes.size() && std::isdigit(bytes[end])) ++end;
  const char* const words[] = {"0",      "1",     "-1",  "65536", "4294967296", "9223372036854775808",
                               "100000", "1e999", "0.5", "00017", "2147483647", ""};
  const char* word = words[random.below(std::size(words))];
  bytes.erase(bytes.begin() + at, bytes.begin() + end);
  bytes.insert(bytes.begin() + at, word, word + std::strlen(word));
}

void one_damage(Bytes& bytes, const std::vector<Bytes>& corpus, RandomStream& random) {
  const size_t n = bytes.size();
  if (n == 0) return;
  const size_t at = random.below(n), length = 1 + random.below(std::min<size_t>(n - at, random.below(4) ? 16 : n));
  switch (random.below(9)) {
    case 0:
      bytes[at] ^= static_cast<uint8_t>(1u << random.below(8));
      break;
    case 1:
      bytes[at] = static_cast<uint8_t>(random.bits());
      break;
    case 2:
      extreme_number(bytes, random);
      break;
    case 3:
      other_decimal(bytes, random);
      break;
    case 4:
      bytes.erase(bytes.begin() + at, bytes.begin() + at + length);
      break;
    case 5:
      bytes.resize(at);
      break;
    case 6: {  // repeats a piece
      const Bytes piece(bytes.begin() + at, bytes.begin() + at + length);
      bytes.insert(bytes.begin() + random.below(n + 1), piece.begin(), piece.end());
      break;
    }
    case 7: {  // a piece of another input
      const Bytes& other = corpus[random.below(corpus.size())];
      if (other.empty()) break;
      const size_t from = random.below(other.size()), most = std::min(other.size() - from, length);
      bytes.insert(bytes.begin() + at, other.begin() + from, other.begin() + from + most);
      break;
    }
    case 8:
      std::fill(bytes.begin() + at, bytes.begin() + at + length, static_cast<uint8_t>(random.bits()));
      break;
  }
}

// Makes the checksums of a damaged PNG valid, so that the damage reaches the code behind them.
void mend_png(Bytes& bytes) {
  const auto be32 = [&](size_t i) {
    return uint32_t{bytes[i]} << 24 | uint32_t{bytes[i + 1]} << 16 | uint32_t{bytes[i + 2]} << 8 | bytes[i + 3];
  };
  for (size_t at = 8; at + 12 <= bytes.size();) {
    const uint64_t length = be32(at);
    if (at + 12 + length > bytes.size()) return;
    const auto crc = static_cast<uint32_t>(crc32(0, bytes.data() + at + 4, static_cast<uInt>(length + 4)));
    for (int i = 0; i < 4; ++i) bytes[at + 8 + length + i] = static_cast<uint8_t>(crc >> 8 * (3 - i));
    at += 12 + length;
  }
}

}  // namespace

Bytes mutate(const std::vector<Bytes>& corpus, RandomStream& random) {
  Bytes bytes = corpus[random.below(corpus.size())];
  for (uint64_t times = 1 + random.below(5); times > 0; --times) one_damage(bytes, corpus, random);
  if (bytes.size() > kMax) bytes.resize(kMax);
  if (bytes.size() > 8 && std::memcmp(bytes.data() + 1, "PNG", 3) == 0 && random.below(4)) mend_png(bytes);
  return bytes;
}

}  // namespace sr3
