#include "parallel/device_link.h"

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#if SR3_NCCL
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

namespace sr3 {

#if SR3_NCCL

namespace {

class NcclLink : public DeviceLink {
 public:
  NcclLink(const c10::intrusive_ptr<c10d::Store>& store, int64_t rank, int64_t size, const at::Device& device,
           double timeout)
      : timeout_(static_cast<int64_t>(timeout * 1e3)) {
    // A wait is to end with an exception, which the caller reports, and not by a watchdog that ends the process.
    setenv("TORCH_NCCL_BLOCKING_WAIT", "1", /*overwrite=*/0);
    setenv("TORCH_NCCL_ENABLE_MONITORING", "0", /*overwrite=*/0);
    const auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = timeout_;
    group_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(c10::make_intrusive<c10d::PrefixStore>("devices", store),
                                                         static_cast<int>(rank), static_cast<int>(size), options);
    // Connections are made by the first collective operation: what is wrong with them is to be known now.
    std::vector<at::Tensor> nothing = {at::zeros({1}, at::TensorOptions(device).dtype(at::kFloat))};
    group_->allreduce(nothing)->wait(timeout_);
  }

  void exchange(int64_t process, const at::Tensor& out, const at::Tensor& in) override {
    std::vector<at::Tensor> outs = {out}, ins = {in};
    // Both directions at once: one after the other, two processes that send would wait for each other.
    group_->startCoalescing();
    if (in.defined() && in.numel() > 0) group_->recv(ins, static_cast<int>(process), 0);
    if (out.defined() && out.numel() > 0) group_->send(outs, static_cast<int>(process), 0);
    if (const auto work = group_->endCoalescing()) work->wait(timeout_);
  }

 private:
  const std::chrono::milliseconds timeout_;
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> group_;
};

}  // namespace

bool has_device_link() { return true; }

std::unique_ptr<DeviceLink> connect_devices(const c10::intrusive_ptr<c10d::Store>& store, int64_t rank, int64_t size,
                                            const at::Device& device, double timeout) {
  return std::make_unique<NcclLink>(store, rank, size, device, timeout);
}

#else

bool has_device_link() { return false; }

std::unique_ptr<DeviceLink> connect_devices(const c10::intrusive_ptr<c10d::Store>&, int64_t, int64_t, const at::Device&,
                                            double) {
  throw std::logic_error("connect_devices: built without NCCL");
}

#endif

}  // namespace sr3
