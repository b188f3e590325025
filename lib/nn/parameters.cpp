// Named parameters and their initial values.
#include <ATen/Parallel.h>

#include <cmath>
#include <stdexcept>

#include "base/rng.h"
#include "nn/unet.h"
#include "nn/unet_plan.h"
#include "tensor/aten.h"

namespace sr3 {

void Parameters::add(std::string name, at::Tensor value) {
  if (!index_.emplace(name, list_.size()).second) throw std::logic_error("duplicate parameter '" + name + "'");
  list_.emplace_back(std::move(name), std::move(value));
}

const at::Tensor& Parameters::operator[](const std::string& name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) throw std::logic_error("no parameter '" + name + "'");
  return list_[found->second].second;
}

int64_t Parameters::count() const {
  int64_t sum = 0;
  for (const auto& [name, value] : list_) sum += value.numel();
  return sum;
}

std::vector<std::pair<std::string, std::vector<int64_t>>> parameter_shapes(const UNetOptions& options) {
  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes;
  for (auto& p : Plan(options).parameters) shapes.emplace_back(std::move(p.name), std::move(p.shape));
  return shapes;
}

double forward_flops(const UNetOptions& options, int64_t height, int64_t width) {
  return Plan(options).flops(height, width);
}

Parameters initial_parameters(const UNetOptions& options, uint64_t seed) {
  const Plan plan(options);
  Parameters parameters;
  for (const auto& p : plan.parameters) parameters.add(p.name, at::zeros(p.shape, at::kFloat));
  const auto fill = [&](size_t number) {
    const ParameterPlan& p = plan.parameters[number];
    const at::Tensor& value = parameters.all()[number].second;
    auto* to = value.data_ptr<float>();
    RandomStream random(seed, number, kRandomInit);
    const double bound = 1 / std::sqrt(static_cast<double>(p.fan_in));
    for (int64_t i = 0, n = value.numel(); i < n; ++i) {
      switch (p.init) {
        case Init::kZero:
          to[i] = 0;
          break;
        case Init::kOne:
          to[i] = 1;
          break;
        case Init::kNormal:
          to[i] = static_cast<float>(random.normal());
          break;
        case Init::kUniform:
          to[i] = static_cast<float>((2 * random.uniform() - 1) * bound);
          break;
      }
    }
  };
  at::parallel_for(0, static_cast<int64_t>(plan.parameters.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) fill(static_cast<size_t>(i));
  });
  return parameters;
}

}  // namespace sr3
