// SHA-256 (FIPS 180-4, by OpenSSL) of files and bytes, as 64 lower-case hexadecimal digits: what ties a manifest to its weights.
#pragma once

#include <string>
#include <string_view>

namespace sr3 {

std::string sha256_bytes(std::string_view bytes);
// Read in pieces: a file larger than memory is no trouble. Error when it cannot be read.
std::string sha256_file(const std::string& path);

}  // namespace sr3
