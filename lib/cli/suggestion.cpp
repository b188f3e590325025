#include "cli/suggestion.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/closest_word.h"
#include "base/error.h"

namespace sr3::cli {

namespace {

using Names = std::vector<std::string>;

// Our names, in the order of preference, for those of Real-ESRGAN, diffusers, torchvision, guided-diffusion, BasicSR,
// pytorch-fid and torch-fidelity, and for plain words of the field. A program has some of the options only.
const std::map<std::string, Names> kElsewhere = {
    {"accumulation", {"accumulate"}},
    {"adam-weight-decay", {"weight-decay"}},
    {"amp", {"precision"}},
    {"arch", {"preset"}},
    {"attention-resolutions", {"attention"}},
    {"b", {"batch"}},
    {"batch-size", {"batch"}},
    {"beta-schedule", {"schedule"}},
    {"bf16", {"precision"}},
    {"bit-depth", {"depth"}},
    {"bits", {"depth"}},
    {"cfg", {"guidance"}},
    {"cfg-scale", {"guidance"}},
    {"channel-mult", {"multipliers"}},
    {"channel-multiplier", {"multipliers"}},
    {"checkpoint", {"model", "init-from"}},
    {"checkpointing-steps", {"save-every"}},
    {"ckpt", {"model", "init-from"}},
    {"class-label", {"class"}},
    {"class-labels", {"class"}},
    {"classifier-free-guidance", {"guidance"}},
    {"clip-grad-norm", {"clip-norm"}},
    {"compression", {"png-level"}},
    {"compression-level", {"png-level"}},
    {"cols", {"columns"}},
    {"cond", {"class"}},
    {"count", {"number", "samples"}},
    {"cpu", {"device"}},
    {"crop-border", {"crop"}},
    {"crop-size", {"crop"}},
    {"cuda", {"device"}},
    {"data", {"train"}},
    {"data-dir", {"train"}},
    {"data-path", {"train"}},
    {"dataset", {"train"}},
    {"ddpm-beta-schedule", {"schedule"}},
    {"ddpm-num-inference-steps", {"sampling-steps", "steps"}},
    {"ddpm-num-steps", {"diffusion-steps"}},
    {"debug", {"verbose"}},
    {"denoise-strength", {"noise-level"}},
    {"dn", {"noise-level"}},
    {"downscale", {"scale"}},
    {"dtype", {"precision"}},
    {"ema-decay", {"ema"}},
    {"ema-max-decay", {"ema"}},
    {"ema-rate", {"ema"}},
    {"epoch", {"epochs", "steps"}},
    {"epochs", {"epochs", "steps"}},
    {"eval-batch-size", {"batch"}},
    {"export", {"output"}},
    {"factor", {"scale"}},
    {"feature-extractor", {"features"}},
    {"finetune", {"init-from"}},
    {"finetune-from", {"init-from"}},
    {"force-fp32", {"precision"}},
    {"fp16", {"precision"}},
    {"fp32", {"precision"}},
    {"g", {"device"}},
    {"gpu", {"device"}},
    {"gpu-id", {"device"}},
    {"gradient-accumulation-steps", {"accumulate"}},
    {"gray", {"grey"}},
    {"grayscale", {"grey"}},
    {"grad-clip", {"clip-norm"}},
    {"grid-columns", {"columns"}},
    {"guidance-scale", {"guidance"}},
    {"half", {"precision"}},
    {"hr", {"high-res"}},
    {"image-size", {"high-res", "size"}},
    {"input", {"train"}},
    {"inception", {"features"}},
    {"inference-steps", {"steps"}},
    {"int8", {"precision"}},
    {"iterations", {"steps"}},
    {"iters", {"steps"}},
    {"j", {"threads"}},
    {"jobs", {"threads"}},
    {"k", {"neighbours"}},
    {"label", {"class", "labels"}},
    {"learn-sigma", {"learned-variance"}},
    {"log-every", {"journal-every"}},
    {"log-interval", {"journal-every"}},
    {"lr", {"learning-rate", "low-res"}},
    {"lr-scheduler", {"decay"}},
    {"lr-warmup-epochs", {"warmup"}},
    {"lr-warmup-steps", {"warmup"}},
    {"max-grad-norm", {"clip-norm"}},
    {"max-iter", {"steps"}},
    {"max-iters", {"steps"}},
    {"max-steps", {"steps"}},
    {"max-train-steps", {"steps"}},
    {"microbatch", {"accumulate"}},
    {"mixed-precision", {"precision"}},
    {"model-ema-decay", {"ema"}},
    {"model-name", {"model"}},
    {"model-path", {"model"}},
    {"n", {"number", "model"}},
    {"n-samples", {"number", "samples"}},
    {"nearest-k", {"neighbours"}},
    {"net", {"features", "model"}},
    {"network", {"features", "model"}},
    {"noise-schedule", {"schedule"}},
    {"nproc", {"threads"}},
    {"nrow", {"columns"}},
    {"num", {"number", "samples"}},
    {"num-channels", {"channels"}},
    {"num-epochs", {"epochs", "steps"}},
    {"num-images", {"number", "samples"}},
    {"num-images-per-prompt", {"samples", "number"}},
    {"num-inference-steps", {"steps"}},
    {"num-iterations", {"steps"}},
    {"num-res-blocks", {"blocks"}},
    {"num-samples", {"number", "samples"}},
    {"num-steps", {"steps"}},
    {"num-threads", {"threads"}},
    {"num-timesteps", {"diffusion-steps", "steps"}},
    {"num-train-epochs", {"epochs", "steps"}},
    {"num-workers", {"threads"}},
    {"out", {"output"}},
    {"out-dir", {"output"}},
    {"outdir", {"output"}},
    {"output-dir", {"output"}},
    {"output-path", {"output"}},
    {"outscale", {"final-scale", "scale"}},
    {"padding", {"gap", "overlap", "pad"}},
    {"parallel", {"threads"}},
    {"patch-size", {"patch", "crop", "tile"}},
    {"prediction-type", {"predict"}},
    {"pretrained", {"init-from", "model"}},
    {"pretrained-model-name-or-path", {"init-from", "model"}},
    {"print-freq", {"journal-every"}},
    {"quality", {"jpeg"}},
    {"random-seed", {"seed"}},
    {"ratio", {"scale"}},
    {"res-blocks", {"blocks"}},
    {"respacing", {"steps"}},
    {"resolution", {"high-res", "size"}},
    {"resume", {"skip-existing"}},
    {"results", {"output"}},
    {"save-interval", {"save-every"}},
    {"save-path", {"output"}},
    {"save-stats", {"output"}},
    {"scale-factor", {"scale"}},
    {"scheduler", {"sampler", "decay"}},
    {"shave", {"crop"}},
    {"shape", {"size"}},
    {"silent", {"quiet"}},
    {"skip", {"skip-existing"}},
    {"solver", {"sampler"}},
    {"t", {"tile"}},
    {"tile-overlap", {"overlap"}},
    {"tile-pad", {"overlap"}},
    {"tile-size", {"tile"}},
    {"timestep-respacing", {"steps"}},
    {"timesteps", {"diffusion-steps", "steps"}},
    {"train-batch-size", {"batch"}},
    {"train-crop-size", {"crop"}},
    {"upscale", {"scale"}},
    {"use-ema", {"ema"}},
    {"use-fp16", {"precision"}},
    {"use-ddim", {"sampler"}},
    {"val", {"test"}},
    {"validation-steps", {"preview-every"}},
    {"warmup-steps", {"warmup"}},
    {"wd", {"weight-decay"}},
    {"weights", {"model", "init-from"}},
    {"workers", {"threads"}},
};

// What has no option, because a program does it without one: of programs that have the option `beside`.
struct Remark {
  const char* beside;
  const char* text;
};
constexpr Remark kInputs{"keep-going", "inputs are named without an option"};
constexpr Remark kFolders{"keep-going", "folders are read with the folders in them"};
constexpr Remark kResumes{"restart", "the same command resumes where it stopped"};
constexpr Remark kEnding{"png-level", "the ending of the output's name chooses the format"};
const std::map<std::string, Remark> kWithoutOption = {
    {"data", kInputs},
    {"data-dir", kInputs},
    {"data-path", kInputs},
    {"dataset", kInputs},
    {"ext", kEnding},
    {"format", kEnding},
    {"i", kInputs},
    {"images", kInputs},
    {"in", kInputs},
    {"input", kInputs},
    {"input-dir", kInputs},
    {"r", kFolders},
    {"recursive", kFolders},
    {"resume-checkpoint", kResumes},
    {"resume-from-checkpoint", kResumes},
    {"resume", kResumes},
    {"train-data-dir", kInputs},
};

std::string normalised(std::string name) {
  for (char& c : name) c = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

std::string meant(const Options& options, const std::string& name) {
  if (options.find(name)) return name;
  if (const auto known = kElsewhere.find(name); known != kElsewhere.end())
    for (const std::string& ours : known->second)
      if (options.find(ours)) return ours;
  return "";
}

}  // namespace

std::string suggestion(const Options& options, const std::string& given) {
  const std::string name = normalised(given);
  std::string ours = meant(options, name);
  if (ours.empty())
    if (const auto known = kWithoutOption.find(name);
        known != kWithoutOption.end() && options.find(known->second.beside))
      return cat(" (", known->second.text, ")");
  if (ours.empty()) {
    std::vector<std::string> names;
    for (const Option& option : options.all())
      if (option.name != "list-options") names.push_back(option.name);
    ours = closest_word(names, name);
  }
  return ours.empty() ? "" : cat(" (did you mean '--", ours, "'?)");
}

}  // namespace sr3::cli
