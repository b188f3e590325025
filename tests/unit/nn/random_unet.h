// Small networks and inputs for tests, with random weights everywhere.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "nn/unet.h"
#include "tensor/aten.h"

namespace sr3 {

// All weights are random, because the zeros of a new network would hide its last convolutions.
inline Parameters random_parameters(const UNetOptions& options, at::ScalarType type = at::kFloat) {
  at::manual_seed(3);
  Parameters p;
  for (const auto& [name, shape] : parameter_shapes(options)) {
    int64_t fan = 1;
    for (size_t i = 1; i < shape.size(); ++i) fan *= shape[i];
    const at::Tensor value =
        at::randn(shape, at::kDouble) * (shape.size() > 1 ? 1 / std::sqrt(static_cast<double>(fan)) : 0.3);
    p.add(name, (name.find("norm") != std::string::npos && name.ends_with("weight") ? value + 1 : value).to(type));
  }
  return p;
}

inline UNetOptions adm_like() {
  UNetOptions o;
  o.condition_channels = 2;
  o.out_channels = 6;
  o.channels = 8;
  o.multipliers = {1, 2};
  o.blocks = {1, 1};
  o.attention = {1};
  o.head_channels = 4;
  o.groups = 4;
  o.resample = "block";
  o.skip_scale = std::sqrt(0.5);
  o.classes = 5;
  o.augmentation_level = true;
  o.level.input = "timestep";
  return o;
}

// Networks that together have every option.
inline std::vector<UNetOptions> all_kinds() {
  std::vector<UNetOptions> cases(5, adm_like());
  cases[0].patch = 2;
  cases[1].classes = 0;
  cases[1].augmentation_level = false;
  cases[1].resample = "conv";
  cases[1].concat_order = "condition-x";
  cases[2].scale_shift = false;
  cases[2].level.activate = false;
  cases[2].condition_channels = 0;
  cases[3].level.input = "none";
  cases[3].classes = 0;
  cases[3].augmentation_level = false;
  cases[4].resample = "conv-same";
  return cases;
}

inline UNetInput input_for(const UNetOptions& o, int64_t n, int64_t h, int64_t w, at::ScalarType type = at::kFloat) {
  at::manual_seed(11);
  UNetInput in;
  in.x = at::randn({n, o.in_channels, h, w}, at::kDouble).to(type);
  if (o.condition_channels > 0) in.condition = at::randn({n, o.condition_channels, h, w}, at::kDouble).to(type);
  if (o.level.input != "none") in.level = at::full({n}, o.level.input == "timestep" ? 321.0 : 0.6, at::kFloat);
  if (o.classes > 0) in.labels = at::arange(n, at::kLong).remainder(o.classes) - (n > 1 ? 1 : 0);
  if (o.augmentation_level) in.augmentation_level = at::linspace(0.1, 0.9, n, at::kFloat);
  return in;
}

inline double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

}  // namespace sr3
