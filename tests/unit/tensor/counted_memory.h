// Counts the bytes of libtorch's tensors on the CPU, exactly, by an allocator that takes the place of libtorch's own.
#pragma once

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <unordered_map>

namespace sr3 {

class CountedMemory {
 public:
  CountedMemory() { c10::SetCPUAllocator(&allocator(), kPriority); }
  // Tensors that were made meanwhile may live on, and are still counted.
  ~CountedMemory() { c10::SetCPUAllocator(allocator().former, kPriority); }
  CountedMemory(const CountedMemory&) = delete;

  static int64_t held() { return allocator().held; }
  // The most that was held at once since the last call.
  static int64_t peak() { return allocator().peak.exchange(allocator().held); }

 private:
  static constexpr uint8_t kPriority = 255;

  // allocate() is const in some versions of libtorch, and copy_data() is new in others: whichever is there is overridden.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsuggest-override"
  struct Counting : c10::Allocator {
    virtual c10::DataPtr allocate(size_t bytes) const { return allocator().counted(bytes); }
    virtual c10::DataPtr allocate(size_t bytes) { return counted(bytes); }
    virtual c10::DeleterFnPtr raw_deleter() const { return &release; }
    virtual void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }

    c10::DataPtr counted(size_t bytes) {
      void* at = former->raw_allocate(bytes);
      if (at == nullptr) return {nullptr, c10::Device(c10::kCPU)};
      const std::lock_guard lock(mutex);
      sizes[at] = static_cast<int64_t>(bytes);
      held += static_cast<int64_t>(bytes);
      peak = std::max<int64_t>(peak, held);
      return {at, at, &release, c10::Device(c10::kCPU)};
    }
    static void release(void* at) {
      Counting& own = allocator();
      if (at == nullptr) return;
      {
        const std::lock_guard lock(own.mutex);
        own.held -= own.sizes.at(at);
        own.sizes.erase(at);
      }
      own.former->raw_deallocate(at);
    }

    c10::Allocator* const former = c10::GetCPUAllocator();
    std::mutex mutex;
    std::unordered_map<void*, int64_t> sizes;
    std::atomic<int64_t> held = 0, peak = 0;
  };
#pragma GCC diagnostic pop

  static Counting& allocator() {
    static auto* own = new Counting;  // never destroyed: tensors may be, later
    return *own;
  }
};

}  // namespace sr3
