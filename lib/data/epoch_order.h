// In which order a run of training examples goes through n images: examples n * k .. n * (k + 1) - 1 are epoch k, each
// image once, in an order that depends on the seed and k alone.
#pragma once

#include <cstdint>
#include <vector>

namespace sr3 {

class EpochOrder {
 public:
  EpochOrder(int64_t n, uint64_t seed) : n_(n), seed_(seed) {}
  // The image of an example. It keeps the order of the last epoch that was asked for, so ask for examples in sequence;
  // one thread only.
  int64_t operator()(int64_t example);

 private:
  int64_t n_;
  uint64_t seed_;
  int64_t epoch_ = -1;
  std::vector<int64_t> order_;
};

}  // namespace sr3
