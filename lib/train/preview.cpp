#include "train/preview.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "diffusion/loss.h"
#include "diffusion/process.h"
#include "diffusion/sampler.h"
#include "diffusion/schedule.h"
#include "image/codec.h"
#include "image/plot.h"
#include "image/sheet.h"
#include "nn/unet.h"
#include "stage/conditioning.h"
#include "tensor/aten.h"
#include "tensor/convert.h"
#include "tensor/noise.h"
#include "train/journal.h"

namespace sr3 {

namespace {

// The number of the first preview example, far beyond the examples of any training.
constexpr int64_t kFirstExample = int64_t{1} << 40;
// Sampling steps: enough to judge a stage by, and quick.
constexpr size_t kSteps = 10;

void write_png(const std::string& path, const Image& image) {
  const Bytes bytes = encode(image, Format::kPng, {});
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Enlarges (3,s,s) to side x side pixels: each pixel becomes a square.
Image enlarged(const at::Tensor& small, int64_t side) {
  const int64_t times = side / small.size(2);
  return to_image(small.repeat_interleave(times, 1).repeat_interleave(times, 2));
}

}  // namespace

Preview::Preview(const StageManifest& manifest, Loader& loader, int64_t images, uint64_t seed, at::Device device,
                 at::ScalarType compute)
    : manifest_(manifest),
      batch_(loader.next(kFirstExample, images)),
      seed_(seed),
      device_(device),
      compute_(compute) {}

at::Tensor Preview::results(const NamedTensors& weights) const {
  at::NoGradGuard no_grad;
  Parameters parameters;
  for (const auto& [name, value] : weights) parameters.add(name, value.detach());
  UNetRunner network(manifest_.network, parameters, device_, compute_);
  const DiffusionOptions& diffusion = manifest_.diffusion;
  const bool residual = diffusion.target == "residual";
  const double scale = diffusion.residual_scale;
  const at::Tensor condition = batch_.condition.defined() ? batch_.condition.to(device_) : at::Tensor();
  const at::Tensor labels = batch_.labels.defined() ? batch_.labels.to(device_) : at::Tensor();
  const auto finished = [&](const at::Tensor& x0) {
    return (residual ? condition + x0 / scale : x0).clamp(-1, 1).to(at::kCPU);
  };
  if (manifest_.kind == "regression") {
    network.set_levels({0});
    return finished(network(*network.prepare({}, {}, {}), condition, 0));
  }

  const auto alpha_bar = make_alpha_bar(make_betas(diffusion.schedule));
  // A distilled network is for its own steps.
  const bool distilled = manifest_.distillation.steps > 0;
  const std::string steps = distilled ? manifest_.sampling.steps : std::to_string(std::min(kSteps, alpha_bar.size()));
  const SamplingLevels levels = sampling_levels(alpha_bar, steps, distilled ? manifest_.sampling.spacing : "uniform");
  network.set_levels(network_level(manifest_.network.level.input, levels));
  // The augmentation level of a condition without noise.
  at::Tensor clean;
  if (manifest_.augmentation.kind == "gaussian")
    clean = augmentation_input(manifest_, alpha_bar, at::zeros({batch_.high_res.size(0)})).to(device_);
  const auto prepared = network.prepare(condition, labels, clean);
  const Predict predict = predict_named(diffusion.predict);
  const int64_t channels = manifest_.image.channels;
  const auto denoise = [&](const at::Tensor& x_t, int64_t k) {
    const at::Tensor out = network(*prepared, x_t, k);
    Denoised prediction{x0_from(predict, x_t, out.narrow(1, 0, channels), levels.alpha_bar[static_cast<size_t>(k)]),
                        {}};
    if (diffusion.variance == "learned") prediction.variance_fraction = out.narrow(1, channels, channels);
    return prediction;
  };
  const auto noise = [&](int64_t k) {
    at::Tensor z = at::empty_like(batch_.high_res);
    for (int64_t i = 0; i < z.size(0); ++i)
      z.select(0, i).copy_(
          philox_noise({seed_, static_cast<uint64_t>(i)}, static_cast<uint32_t>(k), z.size(1), z.size(2), z.size(3)));
    return z.to(device_);
  };
  SampleHooks hooks;
  hooks.correct_x0 = [&](const at::Tensor& x0, int64_t) {
    return residual ? at::clamp(condition + x0 / scale, -1, 1).sub_(condition).mul_(scale) : at::clamp(x0, -1, 1);
  };
  SamplerOptions sampling = manifest_.sampling;
  sampling.steps = steps;
  sampling.clip = false;  // correct_x0 clips, residuals too
  return finished(sample_loop(sampling, levels, denoise, noise, hooks));
}

void Preview::draw(const NamedTensors& weights, const std::string& path) const {
  const at::Tensor made = results(weights);
  std::vector<Image> cells;
  for (int64_t i = 0; i < made.size(0); ++i) {
    if (batch_.low_res.defined()) {
      cells.push_back(enlarged(batch_.low_res[i], made.size(3)));
      cells.push_back(to_image(batch_.condition[i].clamp(-1, 1)));
    }
    cells.push_back(to_image(made[i]));
    cells.push_back(to_image(batch_.high_res[i]));
  }
  SheetOptions sheet;
  sheet.titles = {"result", "truth"};
  if (batch_.low_res.defined()) sheet.titles.insert(sheet.titles.begin(), {"low-res", "bicubic"});
  sheet.columns = static_cast<int64_t>(sheet.titles.size());
  // Small examples are hard to judge, so cells are enlarged to about 256 pixels.
  sheet.scale = std::max<int64_t>(1, 256 / made.size(3));
  write_png(path, contact_sheet(cells, sheet));
}

void draw_loss_curve(const std::string& journal, const std::string& path) {
  PlotLine raw, smooth;
  for (const JournalLine& line : read_journal(journal)) {
    raw.x.push_back(static_cast<double>(line.step));
    raw.y.push_back(line.loss);
  }
  if (raw.x.empty()) return;
  // A single mean stands for all steps before it, as a horizontal line.
  if (raw.x.size() == 1) raw.x.insert(raw.x.begin(), 0), raw.y.push_back(raw.y.front());
  smooth.x = raw.x;
  constexpr size_t kWindow = 20;
  smooth.y = moving_average(raw.y, kWindow);
  raw.name = "journal lines";
  smooth.name = cat("mean of the last ", kWindow);
  raw.faint = true;
  PlotOptions options;
  options.title = "training loss";
  options.x_label = "step";
  options.log_y = true;
  write_png(path, plot({raw, smooth}, options));
}

}  // namespace sr3
