#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <random>
#include <utility>

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

namespace {

// Hidden, so that no program treats the file as an image. Random, because process ids repeat across the machines of a
// batch job.
std::string unique_name() {
  static const std::string program = [] {
    std::random_device device;
    return cat(std::hex, device(), device());
  }();
  static std::atomic<int64_t> count = 0;
  return cat(".sr3-", program, "-", ++count, ".tmp");
}

}  // namespace

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (path == "-") {
    path_ = "standard output";
    file_ = stdout;
    return;
  }
  const auto fail = [this] { return Error(cat("cannot write '", path_, "': ", std::strerror(errno))); };
  struct stat status;
  const bool there = ::stat(path.c_str(), &status) == 0;
  if (path.empty() || path.ends_with('/') || (there && S_ISDIR(status.st_mode)))
    throw Error(cat("cannot write '", path_,
                    "': ", path.empty() ? "a file has no empty name" : "it names a folder, not a file"));
  if (there && !S_ISREG(status.st_mode)) {
    file_ = std::fopen(path.c_str(), "wbe");  // a named pipe or a device is written to, not replaced
    if (!file_) throw fail();
    return;
  }
  // A symbolic link stays one: its target is replaced, or created if it does not exist yet.
  target_ = link_target(path);
  check_folder_of(target_, path_);
  const std::string folder = directory_of(target_);
  if (base_name(target_).size() > NAME_MAX) {
    errno = ENAMETOOLONG;
    throw fail();
  }
  temporary_ = folder + unique_name();
  // Where the system supports it, the file has no name until it is complete: a killed program leaves nothing behind.
  int fd = -1;
  if (::access("/proc/self/fd", X_OK) == 0)
    fd = ::open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  nameless_ = fd >= 0;
  if (fd < 0) fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  file_ = fd < 0 ? nullptr : ::fdopen(fd, "wb");
  if (!file_) throw fail();
}

OutputFile::~OutputFile() {
  if (file_ && file_ != stdout) {
    std::fclose(file_);
    if (!temporary_.empty() && !nameless_) std::remove(temporary_.c_str());
  }
}

void OutputFile::write(const void* bytes, size_t n) {
  if (n && std::fwrite(bytes, 1, n, file_) != n) throw Error(cat("cannot write '", path_, "': ", std::strerror(errno)));
}

void OutputFile::close() {
  std::FILE* const file = std::exchange(file_, nullptr);
  if (!file) return;
  bool named = !temporary_.empty() && !nameless_;
  int failure = 0;
  const auto step = [&failure](bool good) {
    if (!good && !failure) failure = errno;
    return !failure;
  };
  if (step(std::fflush(file) == 0) && nameless_)
    named = step(::linkat(AT_FDCWD, cat("/proc/self/fd/", fileno(file)).c_str(), AT_FDCWD, temporary_.c_str(),
                          AT_SYMLINK_FOLLOW) == 0);
  if (file != stdout) step(std::fclose(file) == 0);
  if (!failure && !temporary_.empty()) step(std::rename(temporary_.c_str(), target_.c_str()) == 0);
  if (!failure) return;
  if (named) std::remove(temporary_.c_str());
  throw Error(cat("cannot write '", path_, "': ", std::strerror(failure)));
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

std::vector<std::string> read_lines(const std::string& path, uint64_t max_bytes) {
  const std::string text = read_text(path, max_bytes);
  const char end = text.find('\0') == std::string::npos ? '\n' : '\0';
  std::vector<std::string> lines;
  for (size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; at < text.size();) {
    const size_t stop = std::min(text.find(end, at), text.size());
    std::string line = text.substr(at, stop - at);
    if (end == '\n' && line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
    at = stop + 1;
  }
  return lines;
}

void write_file(const std::string& path, std::string_view bytes) {
  OutputFile out(path);
  out.write(bytes);
  out.close();
}

void check_folder_of(const std::string& path, const std::string& named) {
  const std::string folder = directory_of(path);
  if (!folder.empty() && ::access(folder.c_str(), F_OK) != 0 && errno == ENOENT)
    throw Error(cat("cannot write '", named, "': ", std::strerror(ENOENT), ": make the folder '", folder, "' first"));
}

void check_writable(const std::string& path) {
  struct stat status;
  // A named pipe must be opened only once.
  if (path != "-" && ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return;
  const OutputFile probe(path);
}

void make_folder(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (failure) throw Error(cat("cannot create the folder '", path, "': ", failure.message()));
  if (::access(path.c_str(), W_OK | X_OK) != 0)
    throw Error(cat("cannot write into the folder '", path, "': ", std::strerror(errno)));
  check_writable(cat(path, path.ends_with('/') ? "" : "/", "probe"));
}

void check_stdout() {
  const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
    throw Error("cannot write 'standard output': it is closed (> FILE)");
}

std::string link_target(std::string path) {
  std::error_code ignored;
  for (int links = 0; links < 40 && std::filesystem::is_symlink(path, ignored); ++links) {
    const std::filesystem::path to = std::filesystem::read_symlink(path, ignored);
    if (ignored) break;
    path = to.is_absolute() ? to.string() : directory_of(path) + to.string();
  }
  return path;
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
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return extension;
}

void close_stdout() {
  const bool failed = std::ferror(stdout) != 0;
  if (std::fclose(stdout) != 0) throw Error(cat("cannot write 'standard output': ", std::strerror(errno)));
  if (failed) throw Error("cannot write 'standard output'");
}

}  // namespace sr3
