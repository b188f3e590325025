#include "format/digest.h"

#include <openssl/evp.h>

#include <memory>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace sr3 {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
  }
  void add(const void* bytes, size_t n) { check(EVP_DigestUpdate(context_.get(), bytes, n)); }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    check(EVP_DigestFinal_ex(context_.get(), digest, &length));
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
      text += "0123456789abcdef"[digest[i] >> 4];
      text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
  }

 private:
  static void check(bool done) {
    if (!done) throw Error("cannot compute a SHA-256 digest: OpenSSL refused");
  }
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

}  // namespace

std::string sha256_bytes(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes.data(), bytes.size());
  return digest.hex();
}

std::string sha256_file(const std::string& path) {
  FileSource source(path);
  Sha256 digest;
  std::vector<uint8_t> piece(size_t{1} << 20);
  while (const size_t got = source.read(piece.data(), piece.size())) digest.add(piece.data(), got);
  return digest.hex();
}

}  // namespace sr3
