#include "parallel/slices.h"

#include <algorithm>
#include <functional>

#include "tensor/aten.h"

namespace sr3 {

namespace {

Span intersection(const Span& a, const Span& b) {
  const int64_t begin = std::max(a.begin, b.begin);
  return {begin, std::max(begin, std::min(a.end, b.end))};
}

}  // namespace

at::Tensor flat(const at::Tensor& tensor) { return tensor.detach().as_strided({tensor.numel()}, {1}); }

Slices::Slices(const std::vector<at::Tensor>& tensors, int64_t processes)
    : tensors_(tensors), begins_{0}, processes_(processes) {
  for (const at::Tensor& tensor : tensors_) begins_.push_back(begins_.back() + tensor.numel());
}

Span Slices::of(int64_t first, int64_t end) const {
  const int64_t all = begins_.back();
  return {all * first / processes_, all * end / processes_};
}

Span Slices::of_tensor(int64_t process, size_t tensor) const {
  const Span own = intersection(of(process, process + 1), {begins_[tensor], begins_[tensor + 1]});
  return own.size() == 0 ? Span() : Span{own.begin - begins_[tensor], own.end - begins_[tensor]};
}

namespace {

// Calls use(tensor, its numbers, where they are among `numbers`) for each tensor that has some of them.
void each_part(const std::vector<int64_t>& begins, const Span& numbers,
               const std::function<void(size_t tensor, const Span& part, int64_t at)>& use) {
  for (size_t i = 0; i + 1 < begins.size(); ++i)
    if (const Span part = intersection(numbers, {begins[i], begins[i + 1]}); part.size() > 0)
      use(i, {part.begin - begins[i], part.end - begins[i]}, part.begin - numbers.begin);
}

}  // namespace

at::Tensor Slices::get(const Span& numbers) const {
  const at::NoGradGuard no_grad;
  at::Tensor values = at::empty({numbers.size()}, at::kFloat);
  each_part(begins_, numbers, [&](size_t tensor, const Span& part, int64_t at) {
    values.narrow(0, at, part.size()).copy_(flat(tensors_[tensor]).narrow(0, part.begin, part.size()));
  });
  return values;
}

void Slices::set(const Span& numbers, const at::Tensor& values) const {
  const at::NoGradGuard no_grad;
  each_part(begins_, numbers, [&](size_t tensor, const Span& part, int64_t at) {
    flat(tensors_[tensor]).narrow(0, part.begin, part.size()).copy_(values.narrow(0, at, part.size()));
  });
}

}  // namespace sr3
