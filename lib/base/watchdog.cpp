#include "base/watchdog.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace sr3 {

namespace {

// The resident memory of this process, proc(5); 0 where the system does not tell it.
int64_t resident_bytes() {
  int64_t pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    long long total = 0, resident = 0;
    if (std::fscanf(file, "%lld %lld", &total, &resident) == 2) pages = resident;
    std::fclose(file);
  }
  return pages * sysconf(_SC_PAGESIZE);
}

[[noreturn]] void end(const std::string& message) {
  error(message);
  std::_Exit(kFailed);  // not exit(), whose destructors would wait for the work
}

}  // namespace

Watchdog::Watchdog(const WorkLimits& limits, std::string too_long, std::string too_large) {
  thread_ = std::thread([this, limits, too_long = std::move(too_long), too_large = std::move(too_large)] {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    const int64_t bytes = resident_bytes();
    std::unique_lock<std::mutex> guard(mutex_);
    while (!changed_.wait_for(guard, std::chrono::milliseconds(10), [this] { return done_; })) {
      if (std::chrono::duration<double>(Clock::now() - start).count() > limits.seconds) end(too_long);
      if (resident_bytes() - bytes > limits.bytes) end(too_large);
    }
  });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

}  // namespace sr3
