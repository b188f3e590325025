// Ends the program with status 1 and a message if a piece of work takes too long, or too much memory, that cannot be interrupted.
// For code of others: our own checks StopSignals and limits itself.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <thread>

namespace sr3 {

struct WorkLimits {
  double seconds = std::numeric_limits<double>::infinity();
  // Resident memory in addition to that at the start. It is looked at a hundred times a second.
  int64_t bytes = std::numeric_limits<int64_t>::max();
};

class Watchdog {
 public:
  // The messages for too much time and too much memory.
  Watchdog(const WorkLimits& limits, std::string too_long, std::string too_large);
  ~Watchdog();  // the work is done in time
  Watchdog(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace sr3
