#include "stream/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace sr3 {

Interrupt::Interrupt() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw Error(cat("cannot create an event: ", std::strerror(errno)));
}

Interrupt::~Interrupt() { ::close(fd_); }

void Interrupt::raise() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
}

Input::Input(const std::string& path, const Interrupt* interrupt)
    : interrupt_(interrupt), name_(path == "-" ? "standard input" : path) {
  // open() would wait for the writer of a named pipe, out of reach of the interrupt; read() waits for it instead.
  const int nonblocking = interrupt ? O_NONBLOCK : 0;
  fd_ = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC | nonblocking);
  if (fd_ < 0) throw Error(cat("cannot open '", name_, "': ", std::strerror(errno)));
  if (nonblocking && path != "-") ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) & ~O_NONBLOCK);
}

Input::~Input() {
  if (fd_ >= 0) ::close(fd_);
}

bool Input::at_file_begin() const {
  struct stat status;
  return ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode) && ::lseek(fd_, 0, SEEK_CUR) == 0;
}

size_t Input::read(uint8_t* to, size_t n) {
  for (;;) {
    if (interrupt_) {
      pollfd waiting[] = {{fd_, POLLIN, 0}, {interrupt_->fd(), POLLIN, 0}};
      if (::poll(waiting, 2, -1) < 0 && errno != EINTR)
        throw Error(cat("cannot read '", name_, "': ", std::strerror(errno)));
      if (waiting[1].revents) throw Interrupted();
      if (!waiting[0].revents) continue;
    }
    const ssize_t got = ::read(fd_, to, n);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR && errno != EAGAIN) throw Error(cat("cannot read '", name_, "': ", std::strerror(errno)));
  }
}

std::span<const uint8_t> PeekSource::peek(size_t n) {
  while (held_.size() < n) {
    const size_t used = held_.size();
    held_.resize(n);
    const size_t got = source_.read(held_.data() + used, n - used);
    held_.resize(used + got);
    if (got == 0) break;
  }
  return {held_.data(), std::min(n, held_.size())};
}

size_t PeekSource::read(uint8_t* to, size_t n) {
  if (held_.empty()) return source_.read(to, n);
  const size_t count = std::min(n, held_.size());
  std::copy_n(held_.begin(), count, to);
  held_.erase(held_.begin(), held_.begin() + static_cast<ptrdiff_t>(count));
  return count;
}

}  // namespace sr3
