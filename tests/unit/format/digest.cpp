#include "format/digest.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"

using namespace sr3;

// NIST's examples for SHA-256 (FIPS 180-4), and the million letters of its long-message test.
TEST_CASE("sha-256 reproduces the published digests") {
  CHECK(sha256_bytes("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_bytes("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string million(1000000, 'a');
  CHECK(sha256_bytes(million) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("the digest of a file is that of its bytes, also in several pieces") {
  const samples::Folder folder;
  std::string bytes(3 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 + i / 257);
  CHECK(sha256_file(folder.put("x", bytes)) == sha256_bytes(bytes));
  CHECK_THROWS_WITH_AS(sha256_file(folder / "none"), doctest::Contains("cannot open"), Error);
}
