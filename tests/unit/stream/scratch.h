// Shared by the stream tests: bytes as a source, and a tar archive made by hand.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/file.h"
#include "base/folder.h"
#include "base/log.h"
#include "image/samples.h"

namespace samples {

// Returns at most `piece` bytes per read.
class Memory : public Source {
 public:
  Memory(Bytes content, size_t piece = SIZE_MAX) : content_(std::move(content)), piece_(piece) {}
  size_t read(uint8_t* to, size_t n) override {
    n = std::min({n, piece_, content_.size() - at_});
    std::copy_n(content_.begin() + at_, n, to);
    at_ += n;
    return n;
  }
  const std::string& name() const override { return name_; }

 private:
  Bytes content_;
  size_t piece_, at_ = 0;
  std::string name_ = "memory";
};

// One member of a ustar archive.
inline Bytes tar_member(const std::string& name, const Bytes& content, char type = '0') {
  Bytes head(512);
  std::copy(name.begin(), name.end(), head.begin());
  char* const text = reinterpret_cast<char*>(head.data());
  std::snprintf(text + 100, 8, "%07o", 0644);
  std::snprintf(text + 108, 8, "%07o", 0);
  std::snprintf(text + 116, 8, "%07o", 0);
  std::snprintf(text + 124, 12, "%011zo", content.size());
  std::snprintf(text + 136, 12, "%011o", 0);
  std::fill_n(head.begin() + 148, 8, ' ');
  head[156] = static_cast<uint8_t>(type);
  std::copy_n("ustar\00000", 8, head.begin() + 257);
  unsigned sum = 0;
  for (const uint8_t byte : head) sum += byte;
  std::snprintf(text + 148, 8, "%06o", sum);
  append(head, content);
  head.resize((head.size() + 511) / 512 * 512);
  return head;
}

inline Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const auto& part : parts) append(out, part);
  return out;
}

template <class Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// Without warnings, which a test expects.
struct Quiet {
  int before = log_state().verbosity;
  Quiet() { log_state().verbosity = 0; }
  ~Quiet() { log_state().verbosity = before; }
};

}  // namespace samples
