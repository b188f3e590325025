// Ends the program with status 1 and a message if a piece of work takes too long that cannot be interrupted. For code of others:
// our own checks StopSignals and limits itself.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace sr3 {

class Watchdog {
 public:
  Watchdog(double seconds, std::string message);
  ~Watchdog();  // the work is done in time
  Watchdog(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace sr3
