// The options of fid(1) about the feature network: its file, and the conventions of the tool whose numbers are to be
// reproduced.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fid/features.h"
#include "fid/signature.h"

namespace sr3 {

class Options;

struct NetworkOptions {
  std::string features;       // "": the environment variable FID_FEATURES
  std::string profile;        // pytorch-fid|clean|adm|edm|stylegan; "": the network's defaults (Inception: adm's)
  std::string resize, scale;  // override the profile's
  std::optional<int64_t> given_ddof;  // overrides the profile's
  int64_t batch = FeatureOptions{}.batch;
  bool trust = false, trust_program = false;
  double pass_limit = FeatureOptions{}.pass_limits.seconds;
  int64_t pass_memory = FeatureOptions{}.pass_limits.bytes >> 20;  // MB

  void declare(Options& options);
  std::unique_ptr<FeatureNetwork> open(at::Device device) const;
  // The signature that the options request: the file of --features, resize and scale. Fields that no option sets are
  // unknown.
  Signature requested_signature() const;
  // The ddof of the covariance: the given one, or the profile's, or 1.
  int64_t ddof() const;
  // Whether an option sets it.
  bool sets_ddof() const { return given_ddof.has_value() || !profile.empty(); }
};

}  // namespace sr3
