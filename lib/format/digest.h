// SHA-256 (FIPS 180-4, by OpenSSL) of files and bytes, as 64 lower-case hexadecimal digits. A manifest names its
// weights by their digest.
#pragma once

#include <string>
#include <string_view>

namespace sr3 {

std::string sha256_bytes(std::string_view bytes);
// The file is read in pieces, so it may be larger than memory. Error if it cannot be read.
std::string sha256_file(const std::string& path);

}  // namespace sr3
