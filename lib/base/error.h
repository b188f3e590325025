// The exceptions of the project: thrown in lib/, caught once, in cli/run.
// what() is the complete message: lower case, what failed first, the subject in single quotes, no full stop.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace sr3 {

// Exit statuses of every program.
enum Status : int { kDone = 0, kFailed = 1, kUsage = 2, kSkipped = 3 };

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& what, Status status = kFailed) : std::runtime_error(what), status_(status) {}
  Status status() const { return status_; }

 private:
  Status status_;
};

// Damaged or unacceptable input: the only error that --keep-going skips.
class DataError : public Error {
 public:
  explicit DataError(const std::string& what) : Error(what, kFailed) {}
};

// An invalid command line.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& what) : Error(what, kUsage) {}
};

// Concatenates its arguments, as in cat("cannot read '", path, "': ", reason).
template <class... Parts>
std::string cat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

}  // namespace sr3
