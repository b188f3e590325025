// The memory of the stand-in accelerator: addresses that can be read and written only while an operator runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace sr3::stand_in {

class Memory {
 public:
  Memory();

  void* allocate(size_t bytes);  // c10::OutOfMemoryError beyond the limit
  void release(void* pointer);   // aborts if an operator runs on it

  // The CPU can touch the block of a pointer from its first open() to its last close().
  void* open(const void* pointer);
  void close(void* block);

  void limit(int64_t bytes);  // 0: none; begins most() anew
  int64_t used();
  int64_t free();
  int64_t most();

 private:
  struct Block {
    size_t size, bytes;  // in whole pages; as asked for
    int64_t users = 0;   // operators that run on it now
  };

  void protect(const std::pair<const size_t, Block>& block, int access);

  std::mutex mutex_;
  char* begin_ = nullptr;
  std::map<size_t, size_t> free_;  // offset -> size
  std::map<size_t, Block> taken_;  // by offset
  int64_t used_ = 0, most_ = 0, limit_ = 0;
};

Memory& memory();  // that of the whole program

}  // namespace sr3::stand_in
