#include "import/describe.h"

#include <filesystem>
#include <map>

#include "base/error.h"
#include "import/adm.h"
#include "import/diffusers.h"
#include "import/published.h"
#include "import/sr3.h"

namespace sr3 {
namespace {

// The names that other projects use.
std::string type_name(at::ScalarType type) {
  switch (type) {
    case at::kDouble:
      return "float64";
    case at::kFloat:
      return "float32";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    case at::kLong:
      return "int64";
    default:
      return std::string("other (") + c10::toString(type) + ")";
  }
}

struct Guess {
  std::string format, text;
  NetworkView network;
};

Guess guess_of(const CheckpointFile& file) {
  for (const char* marker : {kAdmMarker, kSr3Marker, kDiffusersMarker}) {
    if (prefixes_of(file, marker).empty()) continue;
    NetworkView net = network_in(file, marker);
    if (const PublishedCheckpoint* known = recognised(net)) {
      const bool classifier = known->kind == PublishedCheckpoint::kClassifier;
      return {classifier                                 ? "none"
              : known->kind == PublishedCheckpoint::kSr3 ? "sr3"
                                                         : "adm",
              cat(known->file, classifier ? ", a classifier: it cannot be imported" : "", " (", known->project,
                  "; trained on ", known->data, ")"),
              std::move(net)};
    }
    if (marker == kAdmMarker) {
      if (net.find("out.2.c_proj.weight"))
        return {"none", "a classifier of guided-diffusion: it cannot be imported", std::move(net)};
      if (const auto inferred = infer_adm_flags(net))
        return {"adm",
                cat(adm_flags_text(*inferred), " (inferred without heads and noise schedule; sizes are a guess)"),
                std::move(net)};
    } else if (marker == kSr3Marker) {
      if (const auto inferred = infer_sr3_config(net))
        return {
            "sr3",
            cat(sr3_config_text(*inferred), " (inferred without norm_groups and noise schedule; sizes are a guess)"),
            std::move(net)};
    } else if (net.find("time_embedding.linear_1.weight") && net.find("conv_norm_out.weight")) {
      return {"diffusers", "a U-Net of diffusers; its config.json describes it", std::move(net)};
    }
  }
  NetworkView all(file, "");
  if (all.find("down.0.conv.weight") && all.find("out.conv.weight"))
    return {"ours", "weights of a stage; its manifest describes it", std::move(all)};
  return {"none", "not a network that is recognized", std::move(all)};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> describe_checkpoint(const std::string& path) {
  std::string weights = path, config;
  if (std::filesystem::is_directory(path)) {
    const DiffusersFolder folder = diffusers_folder(path);
    weights = folder.weights;
    config = folder.config;
  }
  const CheckpointFile file(weights);
  const Guess guess = guess_of(file);
  std::map<std::string, int64_t> types;
  for (const CheckpointTensor& tensor : file.tensors()) ++types[type_name(tensor.type)];
  std::string of_types;
  for (const auto& [type, count] : types) of_types += cat(of_types.empty() ? "" : ", ", count, " ", type);
  std::vector<std::pair<std::string, std::string>> rows = {{"file", weights},
                                                           {"container", file.container()},
                                                           {"tensors", std::to_string(guess.network.tensors().size())},
                                                           {"parameters", std::to_string(guess.network.parameters())},
                                                           {"types", of_types}};
  if (!guess.network.prefix().empty()) {
    rows.emplace_back("prefix", guess.network.prefix());
    if (const size_t others = file.tensors().size() - guess.network.tensors().size(); others > 0)
      rows.emplace_back("others", std::to_string(others));
  }
  if (!config.empty()) rows.emplace_back("config", config);
  rows.emplace_back("format", guess.format);
  rows.emplace_back("guess", guess.text);
  return rows;
}

}  // namespace sr3
