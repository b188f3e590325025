#include "image/icc_profile.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "base/log.h"

namespace sr3 {
namespace {

// Sizes and places in a profile: the header, with its length at byte 0, the colour space at 16, and a signature at 36.
constexpr size_t kProfileHeader = 128;

bool word_at(std::span<const uint8_t> bytes, size_t at, std::string_view word) {
  return std::equal(word.begin(), word.end(), bytes.begin() + static_cast<ptrdiff_t>(at));
}

}  // namespace

std::vector<uint8_t> usable_profile(std::vector<uint8_t> profile, const std::string& origin) {
  if (profile.size() > kMaxProfile) {
    warn_once(cat("'", origin, "': ignoring its colour profile, which has more than ", kMaxProfile, " bytes"));
    return {};
  }
  if (profile.size() < kProfileHeader || !word_at(profile, 36, "acsp") || !word_at(profile, 16, "RGB ")) return {};
  const size_t length = size_t{profile[0]} << 24 | size_t{profile[1]} << 16 | size_t{profile[2]} << 8 | profile[3];
  return length == profile.size() ? std::move(profile) : std::vector<uint8_t>{};
}

// Its description is in ASCII in version 2, and in UTF-16 in version 4.
bool is_srgb(std::span<const uint8_t> profile) {
  using std::string_view_literals::operator""sv;
  const auto holds = [&](std::string_view text) {
    return std::search(profile.begin(), profile.end(), text.begin(), text.end(),
                       [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); }) != profile.end();
  };
  return profile.empty() || holds("sRGB") || holds("s\0R\0G\0B"sv);
}

}  // namespace sr3
