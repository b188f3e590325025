// The processes that train together, and what they do as one. All of them call the same functions in the same order.
// Sums do not depend on the number of processes: the gradients g_0 .. g_{K-1} of a step's K parts are added over one binary tree,
//   sum(a, b) = sum(a, m) + sum(m, b)   with m = a + ceil((b - a) / 2),   sum(a, a + 1) = g_a,
// of which process r of P computes the subtree sum(r K/P, (r + 1) K/P). The rest is recursive halving and doubling (Rabenseifner
// 2004), in the order of the tree: in round d = 1, 2, 4, ..., P/2 processes r and r xor d, which have sums of the same numbers,
// each add up a half of them; then, in the opposite order, they give each other what they have. So each process sends
// 2 n (P-1)/P of n numbers. As a + b and b + a have the same bits, all get those of the root. P is a power of 2 that divides K.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "parallel/link.h"
#include "parallel/slices.h"

namespace sr3 {

class Options;

struct ParallelOptions {
  double timeout = 1800;  // seconds to wait for another process; "30m"
  void declare(Options& options);
};

class ProcessGroup {
 public:
  ProcessGroup() = default;  // this process alone: nothing is sent, and no socket opened
  ProcessGroup(int64_t rank, int64_t size, std::unique_ptr<Link> link);

  int64_t rank() const { return rank_; }
  int64_t size() const { return size_; }
  bool first() const { return rank_ == 0; }
  // Seconds spent in exchanges: sending, receiving and waiting for slower processes.
  double waited() const { return waited_; }
  // The threads of this process: `given`, or if that is 0 and there are other processes on this machine its share of the cores.
  int64_t threads(int64_t given) const;
  // Of this process among those of this machine, from 0: which of its GPUs it takes.
  int64_t number_on_this_machine() const { return link_ ? link_->number_on_this_machine() : 0; }
  // From now on sum() and take_from_first() exchange tensors from `device`, where they are: if each process has a GPU of its own
  // and NCCL can connect them. Otherwise they are copied to the CPU. All processes call it, once or more.
  void use_device(const at::Device& device);

  // Every process's text, or all numbers, in the order of the processes.
  std::vector<std::string> gather(const std::string& own);
  std::vector<double> gather_numbers(const std::vector<double>& own);
  // What `make` returns in process 0, where alone it is called.
  std::string of_first(const std::function<std::string()>& make);
  // Replaces float tensors by their sums over the processes, in the tree's order.
  void sum(const std::vector<at::Tensor>& tensors);
  // Replaces float tensors by those of process 0.
  void take_from_first(const std::vector<at::Tensor>& tensors);

  // Gives all processes the slices that each of them has changed of its own.
  void exchange_slices(const Slices& slices);
  // Copies a tensor of which each process has the numbers of its slice, flat in `own`, to `whole` in process 0, where alone it
  // is defined; and back. `whole` is dense in the memory order of the slices' tensor.
  void collect(const Slices& slices, size_t tensor, const at::Tensor& own, const at::Tensor& whole);
  void deal(const Slices& slices, size_t tensor, const at::Tensor& whole, const at::Tensor& own);

  // Runs the whole work of this process, and ends with all others: an exception of one ends them all with an error that names it.
  int together(const std::function<int()>& work);

 private:
  void exchange(int64_t process, const at::Tensor& out, const at::Tensor& in);
  // Calls `pass` with buffers that contain a few tensors each, and writes what it leaves in them back.
  void in_buffers(const std::vector<at::Tensor>& tensors, const std::function<void(const at::Tensor& buffer)>& pass);

  int64_t rank_ = 0, size_ = 1;
  std::unique_ptr<Link> link_;
  at::Device device_ = at::kCPU;  // of exchanges
  double waited_ = 0;
  std::string lost_;  // what the first failed exchange said
};

// UsageError unless `processes` can share a step of `parts`.
void require_fitting(int64_t processes, int64_t parts);

// The group that the environment tells of: connects to it, and says so in a line. Messages of processes but the first are errors
// only unless -v is given. Throws what recognise_launch and connect throw.
std::shared_ptr<ProcessGroup> join_processes(const Environment& environment, const ParallelOptions& options);

// UsageError that names the first option that was given to another process differently, except `own`, which may differ.
void require_same_options(ProcessGroup& group, const Options& options, const std::vector<std::string>& own);

// The sum of parts begin .. end-1 over the tree. `part(i)` returns the tensors of part i, to which others are added in place.
std::vector<at::Tensor> tree_sum(int64_t begin, int64_t end,
                                 const std::function<std::vector<at::Tensor>(int64_t)>& part);

}  // namespace sr3
