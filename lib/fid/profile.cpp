#include "fid/profile.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/file.h"
#include "base/options.h"
#include "format/digest.h"

namespace sr3 {
namespace {

struct Profile {
  const char *name, *resize, *scale;
  int64_t ddof;
};
// TTUR, guided-diffusion and EDM agree; StyleGAN's metrics divide by N.
constexpr Profile kProfiles[] = {{"pytorch-fid", "torch", "127.5", 1},
                                 {"clean", "clean", "128", 1},
                                 {"adm", "tf1", "128", 1},
                                 {"edm", "tf1", "128", 1},
                                 {"stylegan", "tf1", "128", 0}};

const Profile* profile_named(const std::string& name) {
  const auto found =
      std::find_if(std::begin(kProfiles), std::end(kProfiles), [&](const Profile& p) { return name == p.name; });
  return found == std::end(kProfiles) ? nullptr : found;
}

}  // namespace

void NetworkOptions::declare(Options& options) {
  options.group(groups::kFeatures);
  options.add("features", 0, &features, "FILE", "the feature network's weights (environment: FID_FEATURES)");
  options.choice("profile", 0, &profile, {"pytorch-fid", "clean", "adm", "edm", "stylegan"},
                 "follow the conventions of this tool");
  options.choice("resize", 0, &resize, {"tf1", "torch", "clean", "aa-bilinear", "none"},
                 "how images are resized for Inception");
  options.choice("scale", 0, &scale, {"128", "127.5"}, "what Inception's input is centred on and divided by");
  options.add("ddof", 0, &given_ddof, "N", within(0, 1),
              "the covariance is divided by images - N; default: the profile's, else 1");
  options.add("batch", 0, &batch, "N", at_least(1), "images in one pass of the network");
  options.add("trust", 0, &trust, "accept weights of Inception whose file has another SHA-256");
  options.add("trust-features", 0, &trust_program,
              "run a TorchScript network even if it may write files, or anything else");
  options.add({"pass-limit", 0, "TIME", "longest time of a TorchScript network for one pass", "10m", false,
               [this](const std::string& given) { pass_limit = parse_duration(given); }});
  options.add("pass-memory", 0, &pass_memory, "MB", within(1, 1 << 30),
              "largest memory of a TorchScript network in one pass");
}

std::unique_ptr<FeatureNetwork> NetworkOptions::open(at::Device device) const {
  const Profile* of = profile_named(profile);
  FeatureOptions options;
  options.resize = resize.empty() && of ? of->resize : resize;
  options.scale = scale.empty() && of ? of->scale : scale;
  options.trust = trust;
  options.trust_program = trust_program;
  options.pass_limits = {pass_limit, pass_memory << 20};
  options.batch = batch;
  options.device = device;
  const char* usual = std::getenv("FID_FEATURES");
  return open_features(features.empty() && usual ? usual : features, options);
}

Signature NetworkOptions::requested_signature() const {
  const Profile* of = profile_named(profile);
  Signature signature;
  signature.resize = resize.empty() && of ? of->resize : resize;
  signature.scale = scale.empty() && of ? of->scale : scale;
  if (!features.empty()) signature.features = base_name(features), signature.sha256 = sha256_file(features);
  return signature;
}

int64_t NetworkOptions::ddof() const {
  const Profile* of = profile_named(profile);
  return given_ddof.value_or(of ? of->ddof : 1);
}

}  // namespace sr3
