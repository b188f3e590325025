// A lock between processes, so that two of them do not write the same files. The system releases it when its holder ends,
// however that ends: a lock is never stale, even if its file is left behind.
#pragma once

#include <string>

namespace sr3 {

class FileLock {
 public:
  // Creates the file `path` and locks it; if another process has locked it, throws Error "TAKEN (pid 4711)". A file system
  // that has no locks causes only a warning. Throws Error if the file cannot be written.
  FileLock(const std::string& path, const std::string& taken);
  ~FileLock();  // removes the file
  FileLock(const FileLock&) = delete;

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace sr3
