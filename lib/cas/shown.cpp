#include "cas/shown.h"

#include <algorithm>
#include <cstring>

#include "tensor/aten.h"

namespace sr3 {

namespace {

// A batch of large images would take gigabytes.
int64_t batch_size(int64_t size) { return size > 64 ? 16 : 100; }

}  // namespace

at::Tensor batch_of(std::vector<std::future<ShownImage>>& images, int64_t size, at::Device device) {
  const auto n = static_cast<int64_t>(images.size());
  at::Tensor batch = at::empty({n, size, size, 3});
  for (int64_t i = 0; i < n; ++i) {
    const ShownImage values = images[static_cast<size_t>(i)].get();
    std::memcpy(batch.data_ptr<float>() + i * size * size * 3, values.data(), values.size() * sizeof(float));
  }
  return batch.permute({0, 3, 1, 2}).to(device);
}

std::optional<at::Tensor> logits_of(const ResNet& network, const ClassifierRecipe& recipe, const LabelledImages& images,
                                    Workers& workers, at::Device device, const Preparation& prepare,
                                    const std::function<bool(int64_t)>& done) {
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> all;
  for (int64_t first = 0; first < images.size(); first += batch_size(recipe.size)) {
    const int64_t end = std::min(images.size(), first + batch_size(recipe.size));
    std::vector<std::future<ShownImage>> futures;
    for (int64_t i = first; i < end; ++i)
      futures.push_back(workers.submit([&, i] { return shown_for_test(recipe, *images.image(i)); }));
    at::Tensor x = batch_of(futures, recipe.size, device);
    if (prepare) x = prepare(x);
    all.push_back(network(x, /*training=*/false).to(at::kCPU));
    if (done && !done(end)) return std::nullopt;
  }
  return at::cat(all);
}

}  // namespace sr3
