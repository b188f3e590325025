#include "info/stage_description.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/options.h"
#include "base/progress.h"
#include "format/digest.h"
#include "format/json.h"
#include "nn/unet.h"
#include "stage/cascade_manifest.h"

namespace sr3 {

namespace {

template <class Values>
std::string list_of(const Values& values) {
  std::string list;
  for (const auto& value : values) list += cat(list.empty() ? "" : ",", value);
  return list.empty() ? "none" : list;
}

std::string megabytes(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

std::string what_of(const StageManifest& m) {
  const ImageOptions& image = m.image;
  std::string text = cat(m.kind, " stage, ");
  if (image.low_res > 0) text += cat(image.low_res, " to ", image.high_res, " pixels (x", image.scale(), ")");
  if (image.low_res == 0) text += cat(image.high_res, " pixels");
  return cat(text, ", ", image.channels == 1 ? "grey" : "colour");
}

std::string network_of(const UNetOptions& network) {
  int64_t parameters = 0;
  for (const auto& [name, shape] : parameter_shapes(network)) {
    int64_t numbers = 1;
    for (const int64_t side : shape) numbers *= side;
    parameters += numbers;
  }
  return cat(parameters, " parameters; channels ", network.channels, ", multipliers ", list_of(network.multipliers),
             ", blocks ", list_of(network.blocks), ", attention ", list_of(network.attention), ", patch ",
             network.patch);
}

std::string classes_of(const StageManifest& m) {
  if (m.network.classes == 0) return "none";
  constexpr size_t kShown = 10;
  const std::vector<std::string> first(m.classes.begin(), m.classes.begin() + std::min(kShown, m.classes.size()));
  return cat(m.network.classes, first.empty() ? "" : ": " + list_of(first), m.classes.size() > kShown ? ",..." : "");
}

std::string weights_of(const std::string& path, const StageManifest& m) {
  if (m.weights_file.empty()) return "none yet: it is not trained";
  std::error_code failure;
  const std::string file = weights_path(path, m);
  const auto bytes = std::filesystem::file_size(file, failure);
  if (failure) return cat(file, ", which is missing");
  // Reading more than this would take seconds; the programs that use the weights compare them in any case.
  constexpr uint64_t kMostToCompare = uint64_t{512} << 20;
  const bool other = bytes <= kMostToCompare && !m.weights_sha256.empty() && sha256_file(file) != m.weights_sha256;
  return cat(file, ", ", megabytes(bytes),
             other ? ", which the manifest does not belong to: its sha256 is another" : "");
}

std::string training_of(const TrainingSummary& training) {
  if (training.steps == 0) return "none";
  return cat(training.steps, " steps with batches of ", training.batch, ", ", Meter::duration(training.seconds),
             training.data.empty() ? "" : ", on " + training.data);
}

std::string history_of(const std::vector<HistoryEntry>& history) {
  if (history.empty()) return "none";
  const HistoryEntry& last = history.back();
  return cat(history.size(), history.size() == 1 ? " run, " : " runs, the last ", last.time, " by ", last.program, " ",
             last.version);
}

Description rows_of_stage(const std::string& path) {
  const StageManifest m = read_manifest(path);
  Description rows = {{"what", what_of(m)}};
  if (!m.description.empty()) rows.emplace_back("description", m.description);
  rows.emplace_back("classes", classes_of(m));
  rows.emplace_back("network", network_of(m.network));
  if (m.kind != "regression") {
    const DiffusionOptions& d = m.diffusion;
    rows.emplace_back("diffusion", cat("predicts ", d.predict, " of the ", d.target, "; ", d.schedule.kind,
                                       " schedule of ", d.schedule.steps, " steps"));
    rows.emplace_back("sampling", cat(m.sampling.steps, m.sampling.steps == "1" ? " step of " : " steps of ",
                                      m.sampling.sampler, ", spacing ", m.sampling.spacing,
                                      m.distillation.steps > 0 ? cat("; distilled for ", m.distillation.steps) : ""));
  }
  if (m.augmentation.kind != "none")
    rows.emplace_back("condition", m.augmentation.kind == "gaussian"
                                       ? cat("noise levels 0 to ", number_text(m.augmentation.max_level))
                                       : "blurred in training");
  if (m.precision.int8_psnr > 0)
    rows.emplace_back("int8", cat(number_text(m.precision.int8_psnr), " dB of PSNR to fp32"));
  rows.emplace_back("weights", weights_of(path, m));
  rows.emplace_back("training", training_of(m.training));
  rows.emplace_back("history", history_of(m.history));
  return rows;
}

Description rows_of_cascade(const std::string& path) {
  const CascadeManifest cascade = read_cascade(path);
  const std::vector<StageManifest> stages = read_stages(path, cascade);
  Description rows = {{"what", cat("cascade of ", stages.size(), stages.size() == 1 ? " stage" : " stages", ", to ",
                                   stages.back().image.high_res, " pixels")}};
  if (!cascade.description.empty()) rows.emplace_back("description", cascade.description);
  const auto classed = std::find_if(stages.begin(), stages.end(), [](const auto& m) { return m.network.classes > 0; });
  rows.emplace_back("classes", classed == stages.end() ? "none" : classes_of(*classed));
  for (size_t i = 0; i < stages.size(); ++i) {
    const CascadeSampling& s = cascade.stages[i].sampling;
    std::string text = cat(cascade.stages[i].manifest, ": ", what_of(stages[i]));
    if (stages[i].kind != "regression")
      text += cat(", ", s.steps, s.steps == "1" ? " step of " : " steps of ", s.sampler);
    if (s.guidance != 1) text += cat(", guidance ", number_text(s.guidance));
    if (s.noise_level > 0) text += cat(", noise level ", number_text(s.noise_level));
    if (stages[i].weights_file.empty()) text += ", not trained yet";
    rows.emplace_back(cat("stage ", i + 1), text);
  }
  rows.emplace_back("history", history_of(cascade.history));
  return rows;
}

}  // namespace

Description manifest_rows(const std::string& path) {
  const JsonObject document = JsonObject::parse(read_text(path), path, /*max_depth=*/64, "describe");
  if (document.is_list("stages")) return rows_of_cascade(path);
  if (document.is_object("network")) return rows_of_stage(path);
  throw document.error("it is a JSON document, but neither a stage ('network') nor a cascade ('stages')");
}

}  // namespace sr3
