// Work on a sequence in threads, results in the order of the sequence: `take` yields the items (called by one thread at a
// time, in order), `work` turns one into a result (called by several at once), next() hands the results out.
// An exception of either comes out of next() in its item's place. At most `ahead` items are under way or waiting.
// No thread pool, no futures: one mutex, two conditions, and threads that live as long as the sequence.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace sr3 {

template <class Item, class Result>
class OrderedMap {
 public:
  // threads: 0 for as many as there are cores.
  OrderedMap(int64_t threads, std::function<std::optional<Item>()> take, std::function<Result(Item)> work)
      : take_(std::move(take)), work_(std::move(work)) {
    if (threads <= 0) threads = std::max<int64_t>(1, std::thread::hardware_concurrency());
    ahead_ = static_cast<size_t>(2 * threads);
    for (int64_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }

  ~OrderedMap() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  OrderedMap(const OrderedMap&) = delete;

  // The next result; nothing at the end. After an exception the sequence goes on with the item behind it, unless `take`
  // threw: then it has ended.
  std::optional<Result> next() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return slots_.empty() ? ended_ : slots_.front().done; });
    if (slots_.empty()) return std::nullopt;
    Slot slot = std::move(slots_.front());
    slots_.pop_front();
    ++first_;
    lock.unlock();
    room_.notify_one();
    if (slot.failure) std::rethrow_exception(slot.failure);
    return std::move(slot.result);
  }

 private:
  struct Slot {
    std::optional<Result> result;
    std::exception_ptr failure;
    bool done = false;
  };

  void run() {
    for (;;) {
      std::optional<Item> item;
      uint64_t place = 0;
      {
        const std::lock_guard turn(take_mutex_);  // items are taken one at a time, and numbered in that order
        {
          std::unique_lock lock(mutex_);
          room_.wait(lock, [this] { return stopping_ || ended_ || slots_.size() < ahead_; });
          if (stopping_ || ended_) return;
        }
        std::exception_ptr failure;
        try {
          item = take_();
        } catch (...) {
          failure = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        if (failure) slots_.push_back({std::nullopt, failure, true});
        if (!item) {
          ended_ = true;
          filled_.notify_all();
          room_.notify_all();
          return;
        }
        place = first_ + slots_.size();
        slots_.emplace_back();
      }
      Slot slot;
      try {
        slot.result = work_(std::move(*item));
      } catch (...) {
        slot.failure = std::current_exception();
      }
      slot.done = true;
      {
        const std::lock_guard lock(mutex_);
        slots_[place - first_] = std::move(slot);  // next() never drops a slot that is not done: the place still stands
      }
      filled_.notify_all();
    }
  }

  std::function<std::optional<Item>()> take_;
  std::function<Result(Item)> work_;
  size_t ahead_ = 0;
  std::mutex take_mutex_, mutex_;
  std::condition_variable room_, filled_;
  std::deque<Slot> slots_;  // slots_[0] is item first_
  uint64_t first_ = 0;
  bool ended_ = false, stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sr3
