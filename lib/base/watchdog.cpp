#include "base/watchdog.h"

#include <chrono>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace sr3 {

Watchdog::Watchdog(double seconds, std::string message) {
  thread_ = std::thread([this, seconds, message = std::move(message)] {
    std::unique_lock<std::mutex> guard(mutex_);
    if (changed_.wait_for(guard, std::chrono::duration<double>(seconds), [this] { return done_; })) return;
    error(message);
    std::_Exit(kFailed);  // not exit(), whose destructors would wait for the work
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
