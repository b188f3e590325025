#include "tensor/upload.h"

#include <cstring>

#include "tensor/aten.h"

namespace sr3 {

std::vector<at::Tensor> uploaded(const std::vector<at::Tensor>& tensors, at::Device device) {
  if (device.is_cpu()) return tensors;
  constexpr int64_t kAlignment = 64;
  std::vector<int64_t> begin;
  int64_t bytes = 0;
  for (const at::Tensor& t : tensors) {
    begin.push_back(bytes);
    if (t.defined()) bytes += (static_cast<int64_t>(t.nbytes()) + kAlignment - 1) / kAlignment * kAlignment;
  }
  // CUDA copies from pinned memory while the host goes on; its allocator keeps the memory until then.
  const at::Tensor packed = at::empty({bytes}, at::TensorOptions(at::kByte).pinned_memory(device.is_cuda()));
  auto* const to = packed.data_ptr<uint8_t>();
  for (size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].defined() && tensors[i].numel() > 0)
      std::memcpy(to + begin[i], tensors[i].contiguous().data_ptr(), tensors[i].nbytes());
  const at::Tensor there = packed.to(device, /*non_blocking=*/true);
  std::vector<at::Tensor> moved;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const at::Tensor& t = tensors[i];
    moved.push_back(
        !t.defined()
            ? t
            : there.narrow(0, begin[i], static_cast<int64_t>(t.nbytes())).view(t.scalar_type()).view(t.sizes()));
  }
  return moved;
}

std::vector<double> downloaded(const std::vector<at::Tensor>& numbers) {
  if (numbers.empty()) return {};
  std::vector<at::Tensor> wide;
  wide.reserve(numbers.size());
  for (const at::Tensor& t : numbers) wide.push_back(t.detach().to(at::kDouble).reshape(at::IntArrayRef()));
  const at::Tensor here = at::stack(wide).to(at::kCPU);
  return {here.data_ptr<double>(), here.data_ptr<double>() + here.numel()};
}

}  // namespace sr3
