#include "accelerator/stand_in_memory.h"

#include <c10/util/Exception.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <stdexcept>

namespace sr3::stand_in {
namespace {

constexpr size_t kReserved = size_t{4} << 30;  // addresses, not memory
constexpr size_t kPage = 4096;
constexpr int64_t kUnlimited = int64_t{1} << 28;  // what it tells of itself without a limit

}  // namespace

Memory::Memory() {
  void* const at = mmap(nullptr, kReserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) throw std::runtime_error("stand-in: no addresses are left");
  begin_ = static_cast<char*>(at);
  free_[0] = kReserved;
}

void* Memory::allocate(size_t bytes) {
  const std::lock_guard lock(mutex_);
  const size_t size = std::max(kPage, (bytes + kPage - 1) / kPage * kPage);
  const bool over = limit_ > 0 && used_ + static_cast<int64_t>(bytes) > limit_;
  TORCH_CHECK_WITH(OutOfMemoryError, !over, "stand-in: out of memory: ", bytes, " bytes beside ", used_);
  const auto room = std::find_if(free_.begin(), free_.end(), [&](const auto& f) { return f.second >= size; });
  TORCH_CHECK_WITH(OutOfMemoryError, room != free_.end(), "stand-in: no addresses are left");
  const size_t offset = room->first, rest = room->second - size;
  free_.erase(room);
  if (rest > 0) free_[offset + size] = rest;
  taken_[offset] = {size, bytes, 0};
  used_ += static_cast<int64_t>(bytes);
  most_ = std::max(most_, used_);
  return begin_ + offset;
}

void Memory::release(void* pointer) {
  const std::lock_guard lock(mutex_);
  const auto offset = static_cast<size_t>(static_cast<char*>(pointer) - begin_);
  const auto [size, bytes, users] = taken_.at(offset);
  if (users > 0) std::abort();
  taken_.erase(offset);
  used_ -= static_cast<int64_t>(bytes);
  auto here = free_.emplace(offset, size).first;
  const auto after = std::next(here);
  if (after != free_.end() && here->first + here->second == after->first) {
    here->second += after->second;
    free_.erase(after);
  }
  if (here == free_.begin()) return;
  const auto before = std::prev(here);
  if (before->first + before->second != here->first) return;
  before->second += here->second;
  free_.erase(here);
}

void* Memory::open(const void* pointer) {
  const std::lock_guard lock(mutex_);
  const auto block = std::prev(taken_.upper_bound(static_cast<size_t>(static_cast<const char*>(pointer) - begin_)));
  if (block->second.users++ == 0) protect(*block, PROT_READ | PROT_WRITE);
  return begin_ + block->first;
}

void Memory::close(void* block) {
  const std::lock_guard lock(mutex_);
  const auto found = taken_.find(static_cast<size_t>(static_cast<char*>(block) - begin_));
  if (--found->second.users == 0) protect(*found, PROT_NONE);
}

void Memory::limit(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  limit_ = bytes;
  most_ = used_;
}

int64_t Memory::used() {
  const std::lock_guard lock(mutex_);
  return used_;
}

int64_t Memory::free() {
  const std::lock_guard lock(mutex_);
  return (limit_ > 0 ? limit_ : kUnlimited) - used_;
}

int64_t Memory::most() {
  const std::lock_guard lock(mutex_);
  return most_;
}

void Memory::protect(const std::pair<const size_t, Block>& block, int access) {
  if (mprotect(begin_ + block.first, block.second.size, access) != 0) std::abort();
}

Memory& memory() {
  static auto* const one = new Memory;  // tensors in static variables may outlive it otherwise
  return *one;
}

}  // namespace sr3::stand_in
