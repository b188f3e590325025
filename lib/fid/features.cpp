#include "fid/features.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "fid/feature_resize.h"
#include "fid/inception.h"
#include "fid/torchscript.h"
#include "format/torch_pickle.h"
#include "nn/memory.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

// A network exported without its softmax returns logits, and scores computed from them mean nothing.
void check_probabilities(const at::Tensor& rows, const std::string& file) {
  const at::Tensor sums = rows.to(at::kDouble).sum(1), off = (sums - 1).abs();
  const double least = rows.numel() > 0 ? rows.min().item<double>() : 0;
  if (least >= 0 && off.max().item<double>() <= 1e-3) return;
  throw Error(cat("cannot use '", file, "': its outputs are not probabilities (the smallest is ", least,
                  ", those of one image sum to ", sums[off.argmax()].item<double>(),
                  "); export the network so that it returns the softmax of its logits if return_features is false"));
}

}  // namespace

FeatureNetwork::FeatureNetwork(FeatureSpec spec, const FeatureOptions& options, bool has_spatial)
    : spec_(std::move(spec)), options_(options), has_spatial_(has_spatial) {
  if (options_.batch < 1) throw std::logic_error("FeatureNetwork: the batch size is below 1");
}

Features FeatureNetwork::operator()(const at::Tensor& x, const FeatureOutputs& outputs) const {
  if (x.dim() != 4 || x.size(0) < 1 || x.size(1) != Image::kChannels)
    throw std::logic_error("FeatureNetwork: not (N,3,H,W)");
  if (outputs.spatial && !has_spatial_)
    throw Error(cat("'", spec_.file, "' has no spatial features: sFID needs Inception's state dict (a .pth file)"));
  const at::NoGradGuard no_gradients;
  const int64_t n = x.size(0);
  std::vector<at::Tensor> parts[3];
  for (int64_t first = 0; first < n; first += batch()) {
    const int64_t count = std::min(batch(), n - first);
    at::Tensor some = x.narrow(0, first, count).to(options_.device, at::kFloat);
    if (count < batch()) some = at::constant_pad_nd(some, {0, 0, 0, 0, 0, 0, 0, batch() - count});
    const Features f = run(some, outputs);
    int64_t k = 0;
    for (const at::Tensor& value : {f.pool, f.probabilities, f.spatial}) {
      std::vector<at::Tensor>& list = parts[k++];
      if (!value.defined()) continue;
      if (value.dim() != 2 || value.size(0) != batch())
        throw Error(cat("cannot use '", spec_.file, "': it returns a tensor that is not (N,D)"));
      list.push_back(value.narrow(0, 0, count).to(at::kCPU, at::kFloat).contiguous());
      if (!at::isfinite(list.back()).all().item<bool>())
        throw Error(cat("cannot use '", spec_.file, "': it returns values that are not finite"));
    }
  }
  for (const at::Tensor& rows : parts[1]) check_probabilities(rows, spec_.file);
  const auto joined = [](const std::vector<at::Tensor>& list) { return list.empty() ? at::Tensor() : at::cat(list); };
  return {joined(parts[0]), joined(parts[1]), joined(parts[2])};
}

std::unique_ptr<FeatureNetwork> open_features(const std::string& path, const FeatureOptions& options) {
  keep_freed_memory();
  if (path.empty())
    throw UsageError(
        "no feature network is named (--features FILE, or FID_FEATURES in the environment); FID's is "
        "pt_inception-2015-12-05-6726825d.pth (its SHA-256 begins with 6726825d), from "
        "https://github.com/mseitzer/pytorch-fid/releases");
  if (!options.resize.empty() && options.resize != "own") check_feature_resize(options.resize);
  if (!options.scale.empty() && options.scale != "own" && options.scale != "128" && options.scale != "127.5")
    throw UsageError(cat("'", options.scale, "' is not one of 128|127.5"));
  switch (torch_container(path)) {
    case TorchContainer::kScript:
      return open_torchscript(path, options);
    case TorchContainer::kLegacy:
    case TorchContainer::kZip:
      return open_inception(path, options);
    case TorchContainer::kNone:
      break;
  }
  throw DataError(cat("cannot use '", path, "': it is neither a TorchScript file nor weights saved by torch.save"));
}

}  // namespace sr3
