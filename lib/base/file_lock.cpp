#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"

namespace sr3 {
namespace {

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// What a holder writes into the file: its process id, and the machine, since the folder may be one of several machines.
std::string own_mark() { return cat(::getpid(), " ", host_name(), "\n"); }

// " (pid 4711)", or " (pid 4711 on another-machine)"; nothing if the holder has not written its mark yet.
std::string holder(int fd) {
  std::array<char, 512> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size() - 1, 0);
  const std::string mark(text.data(), got > 0 ? static_cast<size_t>(got) : 0);
  const size_t space = mark.find(' '), end = mark.find('\n');
  if (space == 0 || space > 10 || end == std::string::npos || mark.find_first_not_of("0123456789") != space) return "";
  const std::string host = mark.substr(space + 1, end - space - 1);
  return cat(" (pid ", mark.substr(0, space), host == host_name() ? "" : " on " + host, ")");
}

// Whether the path still names the open file, which its former holder may have removed before we got the lock.
bool names(const std::string& path, int fd) {
  struct stat by_path, by_fd;
  return ::stat(path.c_str(), &by_path) == 0 && ::fstat(fd, &by_fd) == 0 && by_path.st_dev == by_fd.st_dev &&
         by_path.st_ino == by_fd.st_ino;
}

}  // namespace

FileLock::FileLock(const std::string& path, const std::string& taken) : path_(path) {
  check_folder_of(path, path);
  const auto fail = [&path] { return Error(cat("cannot write '", path, "': ", std::strerror(errno))); };
  for (;;) {
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd_ < 0) throw fail();
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) {
        const std::string who = holder(fd_);
        ::close(fd_);
        throw Error(taken + who);
      }
      warn(cat("cannot lock '", path, "': ", std::strerror(errno), "; nothing else may write the same files"));
    }
    if (names(path, fd_)) break;
    ::close(fd_);
  }
  const std::string mark = own_mark();
  if (::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, mark.data(), mark.size(), 0) == static_cast<ssize_t>(mark.size()))
    return;
  const Error error = fail();
  ::unlink(path.c_str());
  ::close(fd_);
  throw error;
}

FileLock::~FileLock() {
  ::unlink(path_.c_str());
  ::close(fd_);
}

}  // namespace sr3
