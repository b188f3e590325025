// The order in which training examples go through n images: examples n * k .. n * (k + 1) - 1 are epoch k, which has each
// image once, in a random order that depends on the seed and k alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sr3 {

class EpochOrder {
 public:
  EpochOrder(int64_t n, uint64_t seed) : n_(n), seed_(seed) {}
  // The index of the image of an example. Only the order of the latest epoch is kept, so calls in sequence are fast. Not
  // thread-safe.
  int64_t operator()(int64_t example);

 private:
  int64_t n_;
  uint64_t seed_;
  int64_t epoch_ = -1;
  std::vector<int64_t> order_;
};

}  // namespace sr3
