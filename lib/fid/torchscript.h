// A TorchScript file as a feature network. Only its implementation includes torch/script.h.
#pragma once

#include <memory>
#include <string>

#include "fid/features.h"

namespace sr3 {

// DataError if it is not a TorchScript file, is more than a feature network (fid/script_check.h; not with trust_program), or has
// no method forward(img, return_features). Error if the options ask for
// a resize or a scale, and the network is not Inception.
std::unique_ptr<FeatureNetwork> open_torchscript(const std::string& path, const FeatureOptions& options);

}  // namespace sr3
