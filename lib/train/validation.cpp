#include "train/validation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/log.h"
#include "base/rng.h"
#include "metrics/psnr.h"
#include "tensor/aten.h"
#include "tensor/convert.h"
#include "tensor/noise.h"
#include "train/example_sampler.h"
#include "train/step.h"

namespace sr3 {
namespace {

constexpr int64_t kExamplesAtOnce = 16;
constexpr int64_t kDdof = 1;  // of covariances, as in fid(1)

// Calls `use` with all examples, a few at a time; false if interrupted() became true in between.
bool for_examples(Loader& loader, int64_t images, const std::function<bool()>& interrupted,
                  const std::function<void(const Batch& batch)>& use) {
  for (int64_t first = 0; first < images; first += kExamplesAtOnce) {
    if (interrupted()) return false;
    use(loader.next(first, std::min(kExamplesAtOnce, images - first)));
  }
  return true;
}

void add_features(Moments& moments, const FeatureNetwork& network, const std::vector<Image>& images) {
  std::vector<at::Tensor> prepared;
  prepared.reserve(images.size());
  for (const Image& image : images) prepared.push_back(network.prepare(image));
  moments.add(network(at::stack(prepared), {}).pool);
}

std::vector<Image> images_of(const at::Tensor& batch) {
  std::vector<Image> images;
  for (int64_t i = 0; i < batch.size(0); ++i) images.push_back(to_image(batch[i]));
  return images;
}

// The levels of the examples first .. first+n-1 in a band: spread evenly over its timesteps by the example's number.
DrawnLevels levels_in_band(const std::vector<double>& alpha_bar, int64_t band, int64_t first, int64_t n,
                           int64_t images) {
  DrawnLevels levels{at::empty({n}, at::kDouble), at::empty({n}, at::kDouble)};
  const auto steps = static_cast<double>(alpha_bar.size());
  for (int64_t i = 0; i < n; ++i) {
    const double part = (static_cast<double>(first + i) + 0.5) / static_cast<double>(images);
    const double share = (static_cast<double>(band) + part) / static_cast<double>(Validation::kBands);
    const auto t = static_cast<size_t>(share * steps);
    levels.alpha_bar.data_ptr<double>()[i] = alpha_bar[t];
    levels.timestep.data_ptr<double>()[i] = static_cast<double>(t);
  }
  return levels;
}

at::Tensor noise_in_band(const at::Tensor& like, uint64_t seed, int64_t band, int64_t first) {
  at::Tensor eps = at::empty_like(like);
  for (int64_t i = 0; i < eps.size(0); ++i) {
    const auto number = static_cast<uint64_t>((first + i) * Validation::kBands + band);
    eps.select(0, i).copy_(philox_noise({seed, number}, 0, eps.size(1), eps.size(2), eps.size(3)));
  }
  return eps;
}

double sum_of(const at::Tensor& values) {
  double sum = 0;
  const at::Tensor here = values.to(at::kCPU, at::kFloat).contiguous();
  for (int64_t i = 0; i < here.numel(); ++i) sum += double{here.data_ptr<float>()[i]};
  return sum;
}

// The images of the validation, cut as those of the training.
std::unique_ptr<Loader> open_images(const StageManifest& manifest, const ValidationOptions& options,
                                    DataOptions training) {
  if (manifest.kind == "base" && options.keep_best == "psnr")
    throw UsageError(
        "--keep-best psnr: a base stage draws images of its own, which have no PSNR; take loss or frechet");
  training.operands = {options.data};
  training.no_flip = true;
  try {
    return std::make_unique<Loader>(training, manifest);
  } catch (const Error& error) {
    throw Error(cat("--validate: ", error.what()), error.status());
  }
}

}  // namespace

void check_validation(const StageManifest& manifest, const ValidationOptions& options, const DataOptions& training) {
  open_images(manifest, options, training);
}

Validation::Validation(const StageManifest& manifest, const ValidationOptions& options, DataOptions training,
                       const ImagesDigest& trained_on, uint64_t seed, at::Device device, at::ScalarType compute)
    : manifest_(manifest),
      options_(options),
      seed_(seed_for(seed, kRandomValidation)),
      device_(device),
      compute_(compute) {
  training.seed = seed_;
  loader_ = open_images(manifest, options, training);
  const ImagesDigest digest = loader_->digest();
  if (digest.names == trained_on.names && digest.sizes == trained_on.sizes)
    warn("--validate: these are the images of the training, on which it looks better than it is");
  conditions_ = cat(digest.names, " ", digest.sizes, " ", options.images, " examples");
  info(cat("validation on ", options.images, " examples of ", loader_->images(),
           loader_->images() == 1 ? " image, every " : " images, every ", options.every, " steps"));
  if (options.features.empty()) return;
  FeatureOptions how;
  how.device = device;
  features_ = open_features(options.features, how);
  conditions_ += cat(", features ", features_->spec().sha256);
  Moments moments;
  for_examples(
      *loader_, options.images, [] { return false; },
      [&](const Batch& batch) { add_features(moments, *features_, images_of(batch.high_res)); });
  if (moments.count() <= moments.dimension())
    warn(cat("--validate-images ", options.images, ": a Frechet distance of ", moments.dimension(),
             " features needs more images than that to mean much"));
  reference_ = gaussian_of(moments, kDdof);
}

std::optional<ValidationLine> Validation::operator()(const NamedTensors& weights,
                                                     const std::function<bool()>& interrupted) const {
  const at::NoGradGuard no_grad;
  const bool diffuses = manifest_.kind != "regression";
  const StageLoss loss(manifest_, seed_, device_, compute_);
  Parameters parameters;
  for (const auto& [name, value] : weights) parameters.add(name, value.detach());
  ExampleSampler sampler(manifest_, weights, device_, compute_);
  const auto alpha_bar = diffuses ? make_alpha_bar(make_betas(manifest_.diffusion.schedule)) : std::vector<double>{1};
  const int64_t bands = diffuses ? kBands : 1, images = options_.images;
  std::vector<double> losses(static_cast<size_t>(bands));
  double decibels = 0;
  Moments moments;
  const bool whole = for_examples(*loader_, images, interrupted, [&](const Batch& batch) {
    const int64_t n = batch.high_res.size(0);
    for (int64_t band = 0; band < bands; ++band) {
      const DrawnLevels levels = levels_in_band(alpha_bar, band, batch.first, n, images);
      const at::Tensor eps = noise_in_band(batch.high_res, seed_, band, batch.first);
      losses[static_cast<size_t>(band)] += sum_of(loss.at_levels(parameters, batch, levels, eps.to(device_)));
    }
    const std::vector<Image> made = images_of(sampler(batch, seed_, batch.first)), truth = images_of(batch.high_res);
    for (size_t i = 0; i < made.size() && manifest_.kind != "base"; ++i) decibels += psnr(made[i], truth[i]);
    if (features_) add_features(moments, *features_, made);
  });
  if (!whole) return std::nullopt;
  ValidationLine line;
  const auto count = static_cast<double>(images);
  line.loss = 0;
  for (const double sum : losses) {
    line.by_level.push_back(sum / count);
    line.loss += sum / count / static_cast<double>(bands);
  }
  line.psnr = manifest_.kind == "base" ? std::numeric_limits<double>::quiet_NaN() : decibels / count;
  if (features_) line.frechet = frechet_distance(gaussian_of(moments, kDdof), *reference_);
  return line;
}

}  // namespace sr3
