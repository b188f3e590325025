// ICC profiles (ICC.1:2022), which say what colours the samples of a file are. They are passed on, never applied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sr3 {

// Larger ones are ignored with a warning; those of displays and cameras have kilobytes.
constexpr size_t kMaxProfile = size_t{4} << 20;

// The profile of a file if it can be that of our RGB samples: its header is whole and says RGB. Else nothing: grey and CMYK
// samples become RGB without their profiles. A warning, if it is too large.
std::vector<uint8_t> usable_profile(std::vector<uint8_t> profile, const std::string& origin);

// Whether the profile calls itself sRGB, so that nothing is lost without it; true for none.
bool is_srgb(std::span<const uint8_t> profile);

}  // namespace sr3
