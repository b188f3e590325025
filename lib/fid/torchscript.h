// A TorchScript file as a feature network: the one place that includes torch/script.h.
#pragma once

#include <memory>
#include <string>

#include "fid/features.h"

namespace sr3 {

// Error when it is no TorchScript file, or has no forward(img, return_features).
std::unique_ptr<FeatureNetwork> open_torchscript(const std::string& path, const FeatureOptions& options);

}  // namespace sr3
