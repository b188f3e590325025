#include "nn/embedding.h"

#include <cmath>

#include "base/error.h"
#include "tensor/aten.h"

namespace sr3 {

at::Tensor sinusoid(const LevelEmbedding& options, int64_t width, const at::Tensor& level) {
  const int64_t half = width / 2;
  const auto doubles = level.options().dtype(at::kDouble);
  const at::Tensor frequency =
      at::exp(at::arange(half, doubles) * (-std::log(10000.0) / (static_cast<double>(half) - options.frequency_shift)));
  const at::Tensor angle = (level.to(at::kDouble) * options.scale).unsqueeze(1) * frequency.unsqueeze(0);
  std::vector<at::Tensor> parts = {at::cos(angle), at::sin(angle)};
  if (options.order == "sin-cos") std::swap(parts[0], parts[1]);
  if (width % 2 != 0) parts.push_back(at::zeros({level.size(0), 1}, doubles));
  return at::cat(parts, 1).to(level.scalar_type());
}

at::Tensor embedding_mlp(const Parameters& parameters, const std::string& name, const at::Tensor& x) {
  const at::Tensor hidden = at::linear(x, parameters[name + ".0.weight"], parameters[name + ".0.bias"]);
  return at::linear(at::silu(hidden), parameters[name + ".2.weight"], parameters[name + ".2.bias"]);
}

at::Tensor embed_level(const Plan& plan, const Parameters& parameters, const at::Tensor& level) {
  if (!plan.has_level_embedding) return {};
  const at::Tensor input = level.to(parameters["time.0.weight"].scalar_type());
  return embedding_mlp(parameters, "time", sinusoid(plan.options.level, plan.sinusoid, input));
}

at::Tensor embed_rest(const Plan& plan, const Parameters& parameters, const at::Tensor& labels,
                      const at::Tensor& augmentation_level) {
  at::Tensor sum;
  if (plan.options.classes > 0) {
    const at::Tensor& table = parameters["classes.weight"];
    const at::Tensor known = (labels >= 0).to(table.scalar_type()).unsqueeze(1);
    sum = at::embedding(table, labels.clamp_min(0)) * known;
  }
  if (plan.options.augmentation_level) {
    const at::Tensor input = augmentation_level.to(parameters["augment.0.weight"].scalar_type());
    const at::Tensor level = embedding_mlp(parameters, "augment", sinusoid(plan.options.level, plan.sinusoid, input));
    sum = sum.defined() ? sum + level : level;
  }
  return sum;
}

void check_labels(const UNetOptions& options, const at::Tensor& labels) {
  if (labels.scalar_type() != at::kLong) throw Error("class labels must be int64");
  if (labels.numel() == 0) return;
  const auto low = labels.min().item<int64_t>(), high = labels.max().item<int64_t>();
  if (low < -1 || high >= options.classes)
    throw Error(
        cat("class ", low < -1 ? low : high, " is out of range: the network has ", options.classes, " classes"));
}

void check_conditioning(const UNetOptions& options, const at::Tensor& labels, const at::Tensor& augmentation_level,
                        int64_t n) {
  const auto check = [&](const char* what, const at::Tensor& value, bool wanted) {
    if (value.defined() != wanted)
      throw Error(cat("the network ", wanted ? "needs " : "takes no ", what, wanted ? ", but none are given" : ""));
    if (wanted && (value.dim() != 1 || value.size(0) != n))
      throw Error(cat(what, " must be of shape (", n, "), one for each image"));
  };
  check("class labels", labels, options.classes > 0);
  check("augmentation levels", augmentation_level, options.augmentation_level);
  if (labels.defined() && labels.is_cpu()) check_labels(options, labels);
}

}  // namespace sr3
