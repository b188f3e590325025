#include "fid/torchscript.h"

#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <algorithm>
#include <memory>
#include <regex>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/watchdog.h"
#include "fid/feature_resize.h"
#include "fid/script_check.h"
#include "format/digest.h"
#include "tensor/aten.h"
#include "tensor/named_tensors.h"

namespace sr3 {
namespace {

constexpr int64_t kInceptionSide = 299;

bool has_argument(const c10::FunctionSchema& schema, const char* name) {
  const auto& arguments = schema.arguments();
  return std::any_of(arguments.begin(), arguments.end(), [&](const c10::Argument& a) { return a.name() == name; });
}

// Whether this is NVIDIA's port of FID's graph: its trunk has TensorFlow's names, its head 1008 classes.
bool is_inception(const torch::jit::Module& module) {
  int64_t found = 0;
  for (const auto& [name, tensor] : [&] {
         NamedTensors all;
         for (const auto& p : module.named_parameters()) all.emplace_back(p.name, p.value);
         for (const auto& b : module.named_buffers()) all.emplace_back(b.name, b.value);
         return all;
       }()) {
    found += name == "layers.conv.weight" && tensor.sizes() == at::IntArrayRef{32, 3, 3, 3};
    found += name == "output.weight" && tensor.sizes() == at::IntArrayRef{1008, 2048};
  }
  return found == 2;
}

// The reason for a failure, as one line. For an error inside the script, libtorch's text starts with the script's stack
// trace, and "RuntimeError: ..." follows; for any other error it starts with the reason. Newer versions of libtorch
// append a stack trace of their own.
std::string reason(const std::exception& error) {
  const auto* with_trace = dynamic_cast<const c10::Error*>(&error);
  std::istringstream text(with_trace ? with_trace->what_without_backtrace() : error.what());
  static const std::regex kRaised("[A-Za-z_.]*(Error|Exception): .*");
  std::vector<std::string> lines;
  size_t first = 0;
  for (std::string line; std::getline(text, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    lines.push_back(line);
    if (std::regex_match(line, kRaised)) first = lines.size() - 1;
  }
  if (lines.empty()) return "unknown error";
  const bool raised = lines[0].starts_with("The following operation failed");
  std::string result = lines[raised ? first : 0];
  for (size_t i = first + 1; raised && i < lines.size(); ++i) result += " " + lines[i];
  return result;
}

// Limits what the program does until the result is destroyed, unless the program is trusted. `work` is the beginning of "takes
// more than ...".
std::unique_ptr<Watchdog> limits_of(const FeatureOptions& options, const std::string& file, const std::string& work) {
  if (options.trust_program) return nullptr;
  const std::string begin = cat("cannot use '", file, "': ", work, " more than ");
  return std::make_unique<Watchdog>(options.pass_limits, cat(begin, options.pass_limits.seconds, " s (--pass-limit)"),
                                    cat(begin, options.pass_limits.bytes >> 20, " MB of memory (--pass-memory)"));
}

class TorchScriptNetwork : public FeatureNetwork {
 public:
  TorchScriptNetwork(const torch::jit::Module& module, FeatureSpec spec, const FeatureOptions& options)
      : FeatureNetwork(std::move(spec), options, /*has_spatial=*/false), module_(module) {
    const auto& schema = module_.get_method("forward").function().getSchema();
    no_output_bias_ = has_argument(schema, "no_output_bias");
  }

  at::Tensor prepare(const Image& image) const override {
    const bool own = spec_.resize == "own";
    const int64_t width = own ? image.width : kInceptionSide, height = own ? image.height : kInceptionSide;
    std::vector<float> levels = resize_for_features(image, width, height, own ? "none" : spec_.resize);
    // The program itself computes (x - 128) / 128.
    if (spec_.scale == "127.5")
      for (float& level : levels) level = (level - 127.5f) * static_cast<float>(128 / 127.5) + 128;
    const at::Tensor pixels = at::from_blob(levels.data(), {height, width, Image::kChannels}, at::kFloat);
    return pixels.permute({2, 0, 1}).clone(at::MemoryFormat::Contiguous);
  }

 protected:
  Features run(const at::Tensor& x, const FeatureOutputs& outputs) const override {
    Features result;
    if (outputs.pool) result.pool = forward(x, true);
    if (outputs.probabilities) result.probabilities = forward(x, false);
    return result;
  }

 private:
  at::Tensor forward(const at::Tensor& x, bool features) const {
    torch::jit::Kwargs named = {{"return_features", features}};
    if (no_output_bias_) named.emplace("no_output_bias", true);
    // The graph optimizer would profile the first passes and run optimized code in later ones, but all passes must give
    // the same results.
    const torch::jit::GraphOptimizerEnabledGuard plain(false);
    c10::IValue value;
    const auto limited =
        limits_of(options_, spec_.file, cat(x.size(0), " images of ", x.size(3), "x", x.size(2), " take it"));
    try {
      value = module_.forward({x}, named);
    } catch (const std::exception& error) {
      throw Error(cat("cannot use '", spec_.file, "' on images of ", x.size(3), "x", x.size(2), ": ", reason(error)));
    }
    if (!value.isTensor()) throw Error(cat("cannot use '", spec_.file, "': its forward() does not return a tensor"));
    return value.toTensor();
  }

  mutable torch::jit::Module module_;
  bool no_output_bias_ = false;
};

}  // namespace

std::unique_ptr<FeatureNetwork> open_torchscript(const std::string& path, const FeatureOptions& options) {
  FeatureSpec spec{base_name(path), sha256_file(path), false, "own", "own"};
  torch::jit::Module module;
  try {
    if (!options.trust_program) check_script_source(path);
    const auto limited = limits_of(options, path, "reading it takes");
    module = torch::jit::load(path, options.device);
  } catch (const DataError&) {
    throw;
  } catch (const std::exception& error) {
    throw DataError(
        cat("cannot read '", path,
            "': it is not a TorchScript file, it is damaged, or it needs another libtorch: ", reason(error)));
  }
  if (!options.trust_program) check_script_operators(module, path);
  module.eval();
  const auto method = module.find_method("forward");
  if (!method || !has_argument(method->function().getSchema(), "return_features"))
    throw DataError(cat("cannot use '", path, "': it has no method forward(img, return_features)"));
  spec.inception = is_inception(module);
  if (spec.inception) spec.resize = "tf1", spec.scale = "128";
  const bool resize = !options.resize.empty() && options.resize != "own";
  const bool scale = !options.scale.empty() && options.scale != "own";
  if ((resize || scale) && !spec.inception)
    throw Error(cat("cannot use '", path, "' with another ", resize ? "resize" : "scale",
                    ": it is not Inception and prepares images itself"));
  if (resize) spec.resize = options.resize;
  if (scale) spec.scale = options.scale;
  return std::make_unique<TorchScriptNetwork>(module, std::move(spec), options);
}

}  // namespace sr3
