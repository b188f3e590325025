#include "stream/workers.h"

#include <system_error>

#include "base/cores.h"
#include "base/error.h"

namespace sr3 {

Workers::Workers(int64_t threads) {
  if (threads == 0) threads = usable_cores();
  try {
    for (int64_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {  // the system allows no more: fewer threads do the same work
    if (threads_.empty()) throw Error(cat("cannot start a thread: ", error.what()));
  }
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    jobs_.clear();
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Workers::push(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void Workers::work() {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return over_ || !jobs_.empty(); });
      if (over_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace sr3
