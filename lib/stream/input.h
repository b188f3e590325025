// Sources that the reader adds to base/file: an interruptible file (a thread that waits for a slow pipe must be able to
// stop), and one that can be looked into before it is read.
#pragma once

#include <span>
#include <string>

#include "base/file.h"

namespace sr3 {

// Set once from any thread; then waiting reads return at once.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  void raise();
  int fd() const { return fd_; }

 private:
  int fd_;
};

// Thrown by an interrupted read; never seen by callers of Reader.
struct Interrupted {};

// `path`, or "-" for standard input. Ends with Interrupted, from within read(), when the interrupt is raised.
class Input : public Source {
 public:
  Input(const std::string& path, const Interrupt* interrupt);
  ~Input() override;
  Input(const Input&) = delete;
  size_t read(uint8_t* to, size_t n) override;
  const std::string& name() const override { return name_; }

 private:
  int fd_ = -1;
  const Interrupt* interrupt_;
  std::string name_;
};

// Another source, with its first bytes held.
class PeekSource : public Source {
 public:
  explicit PeekSource(Source& source) : source_(source) {}
  // The next n bytes, fewer only at the end; they will still be read.
  std::span<const uint8_t> peek(size_t n);
  size_t read(uint8_t* to, size_t n) override;
  const std::string& name() const override { return source_.name(); }

 private:
  Source& source_;
  Bytes held_;
};

}  // namespace sr3
