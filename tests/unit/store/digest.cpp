#include "store/digest.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "base/error.h"
#include "base/file.h"

using namespace sr3;

// NIST's examples for SHA-256 (FIPS 180-4), and the million letters of its long-message test.
TEST_CASE("sha-256 gives the published digests") {
  CHECK(sha256_bytes("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_bytes("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string million(1000000, 'a');
  CHECK(sha256_bytes(million) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a file's digest is its bytes' digest, in more than one piece too") {
  const std::string path = (std::filesystem::temp_directory_path() / "sr3-unit-digest").string();
  std::string bytes(3 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 + i / 257);
  write_file(path, bytes);
  CHECK(sha256_file(path) == sha256_bytes(bytes));
  std::filesystem::remove(path);
  CHECK_THROWS_WITH_AS(sha256_file(path), doctest::Contains("cannot open"), Error);
}
