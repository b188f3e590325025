// Sources that the reader needs besides base/file.h: an interruptible file (a thread that waits for a slow pipe must be able
// to stop), and a source whose next bytes can be inspected before they are read.
#pragma once

#include <span>
#include <string>

#include "base/file.h"

namespace sr3 {

// A request to stop, raised once, from any thread. Reads that wait for data then throw Interrupted immediately.
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

// The file `path`, or standard input for "-". read() throws Interrupted when the interrupt, which may be null, is raised.
class Input : public Source {
 public:
  Input(const std::string& path, const Interrupt* interrupt);
  ~Input() override;
  Input(const Input&) = delete;
  size_t read(uint8_t* to, size_t n) override;
  const std::string& name() const override { return name_; }
  // Whether it is a regular file, of which nothing has been read yet, not even by another program.
  bool at_file_begin() const;

 private:
  int fd_ = -1;
  const Interrupt* interrupt_;
  std::string name_;
};

// Another source, with a buffer for peek().
class PeekSource : public Source {
 public:
  explicit PeekSource(Source& source) : source_(source) {}
  // The next n bytes, fewer only at the end. They are not consumed: read() returns them again.
  std::span<const uint8_t> peek(size_t n);
  size_t read(uint8_t* to, size_t n) override;
  const std::string& name() const override { return source_.name(); }

 private:
  Source& source_;
  Bytes held_;
};

}  // namespace sr3
