// A list of tensors as one row of numbers, one tensor after the other in memory order, cut into equal slices, one for each process:
// who updates what in stage 1 of ZeRO (Rajbhandari et al. 2020, "ZeRO: Memory Optimizations Toward Training Trillion Parameter
// Models", arXiv:1910.02054).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace sr3 {

struct Span {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
};

// The numbers of a dense tensor in memory order, as a tensor (n) that shares its memory.
at::Tensor flat(const at::Tensor& tensor);

class Slices {
 public:
  // The tensors must be dense, of one type, and are shared.
  Slices(const std::vector<at::Tensor>& tensors, int64_t processes);

  int64_t processes() const { return processes_; }
  // The numbers in the row that the processes first .. end-1 have: from first n / P to end n / P of n, rounded down.
  Span of(int64_t first, int64_t end) const;
  // What one process has of one tensor: a range of its numbers, which may be empty.
  Span of_tensor(int64_t process, size_t tensor) const;
  // Copies of numbers of the row on the CPU, and back.
  at::Tensor get(const Span& numbers) const;
  void set(const Span& numbers, const at::Tensor& values) const;

 private:
  std::vector<at::Tensor> tensors_;
  std::vector<int64_t> begins_;  // in the row, of each tensor, and the end
  int64_t processes_;
};

}  // namespace sr3
