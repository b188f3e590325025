// A pool of threads that start jobs in the order of submission. Results are returned through futures, by which callers
// keep their own order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sr3 {

class Workers {
 public:
  // 0 threads means one per core. There are fewer if the system cannot start as many; Error if it cannot start any.
  explicit Workers(int64_t threads);
  // Finishes the jobs that have started, and drops the others (their futures then throw std::future_error).
  ~Workers();
  Workers(const Workers&) = delete;

  template <class Job>
  auto submit(Job job) -> std::future<decltype(job())> {
    auto task = std::make_shared<std::packaged_task<decltype(job())()>>(std::move(job));
    auto result = task->get_future();
    push([task] { (*task)(); });
    return result;
  }
  size_t size() const { return threads_.size(); }

 private:
  void push(std::function<void()> job);
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sr3
