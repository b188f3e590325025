#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace sr3 {

FileSource::FileSource(const std::string& path) : name_(path == "-" ? "standard input" : path) {
  fd_ = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw Error(cat("cannot open '", name_, "': ", std::strerror(errno)));
}

FileSource::~FileSource() {
  if (fd_ >= 0) ::close(fd_);
}

size_t FileSource::read(uint8_t* to, size_t n) {
  for (;;) {
    const ssize_t got = ::read(fd_, to, n);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) throw Error(cat("cannot read '", name_, "': ", std::strerror(errno)));
  }
}

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (path == "-") {
    path_ = "standard output";
    file_ = stdout;
    return;
  }
  temporary_ = cat(path, ".", getpid(), ".tmp");
  file_ = std::fopen(temporary_.c_str(), "wbe");
  if (!file_) throw Error(cat("cannot write '", path_, "': ", std::strerror(errno)));
}

OutputFile::~OutputFile() {
  if (file_ && file_ != stdout) {
    std::fclose(file_);
    std::remove(temporary_.c_str());
  }
}

void OutputFile::write(const void* bytes, size_t n) {
  if (n && std::fwrite(bytes, 1, n, file_) != n)
    throw Error(cat("cannot write '", path_, "': ", std::strerror(errno)));
}

void OutputFile::close() {
  std::FILE* file = file_;
  if (!file) return;
  if (file == stdout) {
    file_ = nullptr;
    if (std::fflush(file) != 0) throw Error(cat("cannot write '", path_, "': ", std::strerror(errno)));
    return;
  }
  const bool flushed = std::fflush(file) == 0;
  int failure = errno;
  file_ = nullptr;
  const bool closed = std::fclose(file) == 0;
  if (flushed && !closed) failure = errno;
  if (!flushed || !closed || std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    if (flushed && closed) failure = errno;
    std::remove(temporary_.c_str());
    throw Error(cat("cannot write '", path_, "': ", std::strerror(failure)));
  }
}

Bytes read_file(const std::string& path, uint64_t max_bytes) {
  FileSource source(path);
  Bytes bytes;
  size_t used = 0;
  for (;;) {
    if (used == bytes.size()) bytes.resize(std::max<size_t>(size_t{1} << 16, bytes.size() * 2));
    const size_t got = source.read(bytes.data() + used, bytes.size() - used);
    if (got == 0) break;
    used += got;
    if (used > max_bytes) throw DataError(cat("cannot read '", source.name(), "': more than ", max_bytes, " bytes"));
  }
  bytes.resize(used);
  return bytes;
}

std::string read_text(const std::string& path, uint64_t max_bytes) {
  const Bytes bytes = read_file(path, max_bytes);
  return {bytes.begin(), bytes.end()};
}

void write_file(const std::string& path, std::string_view bytes) {
  OutputFile out(path);
  out.write(bytes);
  out.close();
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

std::string base_name(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string stem_of(const std::string& path) {
  const std::string name = base_name(path);
  const size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

std::string extension_of(const std::string& path) {
  const std::string name = base_name(path);
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) return "";
  std::string extension = name.substr(dot + 1);
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension;
}

void close_stdout() {
  const bool failed = std::ferror(stdout) != 0;
  if (std::fclose(stdout) != 0 && errno != EBADF)
    throw Error(cat("cannot write 'standard output': ", std::strerror(errno)));
  if (failed) throw Error("cannot write 'standard output'");
}

}  // namespace sr3
