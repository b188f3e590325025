// Which network to look through and how, as fid(1) and its relatives take it: a file, and the conventions of the tool
// whose numbers are to be reproduced.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fid/features.h"
#include "fid/signature.h"

namespace sr3 {

class Options;

struct NetworkOptions {
  std::string features;               // "": the environment's FID_FEATURES
  std::string profile;                // pytorch-fid|clean|adm|edm|stylegan; "": the network's own way, which is adm's
  std::string resize, scale;          // instead of the profile's
  std::optional<int64_t> given_ddof;  // likewise
  int64_t batch = FeatureOptions{}.batch;
  bool trust = false;

  void declare(Options& options);
  std::unique_ptr<FeatureNetwork> open(at::Device device) const;
  // What is said of the network here: a file named by --features, resize and scale; what is not said is unknown.
  Signature asked() const;
  // Of the covariance: what was given, or the profile's, or 1.
  int64_t ddof() const;
  bool sets_ddof() const { return given_ddof.has_value() || !profile.empty(); }
};

}  // namespace sr3
