// The published files: numbers of tensors and parameters according to the projects' own code (independent of ours), the
// settings by which each is recognised, and stages of all of them, without allocating memory.
#include "import/published.h"

#include <doctest/doctest.h>

#include <map>

#include "base/error.h"
#include "base/log.h"
#include "base/relative.h"
#include "format/safetensors.h"
#include "import/adm.h"
#include "import/describe.h"
#include "import/import_stage.h"
#include "import/sr3.h"
#include "nn/unet.h"
#include "stream/scratch.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

struct Count {
  size_t tensors;
  int64_t parameters;
};

const std::map<std::string, Count> kCounts = {
    {"64x64_diffusion.pt", {541, 295904454}},           {"128x128_diffusion.pt", {493, 421529606}},
    {"256x256_diffusion.pt", {567, 553838086}},         {"256x256_diffusion_uncond.pt", {566, 552814086}},
    {"512x512_diffusion.pt", {645, 558997638}},         {"64_256_upsampler.pt", {567, 311795910}},
    {"128_512_upsampler.pt", {537, 308835270}},         {"imagenet64_uncond_100M_1500K.pt", {450, 121063942}},
    {"imagenet64_cond_270M_250K.pt", {451, 273049350}}, {"upsample_cond_500K.pt", {457, 279792390}},
    {"cifar10_uncond_50M_500K.pt", {446, 52546438}},    {"lsun_uncond_100M_1200K_bs128.pt", {426, 113676678}},
    {"I640000_E37_gen.pth", {362, 97807491}},           {"I830000_E32_gen.pth", {229, 155334339}},
    {"I1560000_E91_gen.pth", {362, 97805763}},          {"64x64_classifier.pt", {307, 65438568}},
    {"128x128_classifier.pt", {221, 42568040}},         {"256x256_classifier.pt", {249, 54096360}},
    {"512x512_classifier.pt", {281, 54448360}}};

std::string first_file(const PublishedCheckpoint& checkpoint) {
  const std::string files = checkpoint.file;
  return files.substr(0, files.find_first_of(", "));
}

int64_t product(const std::vector<int64_t>& shape) {
  int64_t all = 1;
  for (const int64_t size : shape) all *= size;
  return all;
}

// A sparse file of these tensors: no space is allocated, and only shapes can be read from it.
void hollow_file(const std::string& path, const std::vector<TensorSource>& shapes, const std::string& prefix) {
  std::string header = "{";
  uint64_t at = 0;
  for (const auto& [name, shape] : shapes) {
    std::string sizes;
    for (const int64_t size : shape) sizes += cat(sizes.empty() ? "" : ",", size);
    const uint64_t end = at + static_cast<uint64_t>(product(shape)) * 4;
    header += cat(at ? ",\"" : "\"", prefix, name, "\":{\"dtype\":\"F32\",\"shape\":[", sizes, "],\"data_offsets\":[",
                  at, ",", end, "]}");
    at = end;
  }
  header += "}";
  const uint64_t length = header.size();
  write_file(path, std::string(reinterpret_cast<const char*>(&length), sizeof length) + header);
  std::filesystem::resize_file(path, sizeof length + length + at);
}

std::string value_of(const std::vector<std::pair<std::string, std::string>>& rows, const std::string& name) {
  for (const auto& [key, value] : rows)
    if (key == name) return value;
  return "";
}

}  // namespace

TEST_CASE("each published file has the tensors and parameters of the original, and is recognised") {
  const samples::Folder folder;
  log_state().verbosity = 0;  // each import reports the file that it recognised
  CHECK(published_checkpoints().size() == kCounts.size());
  for (const PublishedCheckpoint& checkpoint : published_checkpoints()) {
    const std::string name = first_file(checkpoint);
    CAPTURE(name);
    REQUIRE(kCounts.contains(name));
    const std::vector<TensorSource> shapes = checkpoint.shapes();
    int64_t parameters = 0;
    for (const TensorSource& shape : shapes) parameters += product(shape.shape);
    CHECK(shapes.size() == kCounts.at(name).tensors);
    CHECK(parameters == kCounts.at(name).parameters);

    const bool sr3 = checkpoint.kind == PublishedCheckpoint::kSr3;
    const std::string path = folder.path + "net.pt";
    hollow_file(path, shapes, sr3 ? "denoise_fn." : "");
    const auto rows = describe_checkpoint(path);
    CHECK(value_of(rows, "guess").starts_with(checkpoint.file));
    CHECK(value_of(rows, "tensors") == std::to_string(kCounts.at(name).tensors));
    CHECK(value_of(rows, "parameters") == std::to_string(parameters));
    const CheckpointFile file(path);
    if (checkpoint.kind == PublishedCheckpoint::kClassifier) {
      CHECK_THROWS_WITH_AS(plan_import("adm", file, {}), doctest::Contains("it is a classifier"), DataError);
      continue;
    }
    // A stage without given settings equals that with explicit settings.
    const ImportPlan plan = plan_import(sr3 ? "sr3" : "adm", file, {});
    CHECK(plan.stage.training.data == checkpoint.data);
    int64_t ours = 0;
    for (const auto& [key, shape] : parameter_shapes(plan.stage.network)) ours += product(shape);
    CHECK(ours == parameters);
    CHECK(plan.stage.sampling.steps == (sr3 ? "2000" : "250"));
    if (sr3) continue;
    ImportOptions options;
    options.flags = checkpoint.settings;
    CHECK(manifest_text(plan_import("adm", file, options).stage) == manifest_text(plan.stage));
    // Flags with the same shapes are used as given, with a warning.
    options.flags = checkpoint.settings + " --predict_xstart True";
    CHECK(plan_import("adm", file, options).stage.diffusion.predict == "x0");
    // Flags that are inferred from shapes agree with the given flags.
    const auto found = infer_adm_flags(NetworkView(file, ""));
    REQUIRE(found);
    CHECK(contradictions(parse_adm_flags(checkpoint.settings), *found).empty());
  }
  log_state().verbosity = 1;
}

TEST_CASE("settings of single files that the projects' READMEs state") {
  const auto stage_of = [](const std::string& name) {
    for (const PublishedCheckpoint& checkpoint : published_checkpoints())
      if (first_file(checkpoint) == name) {
        if (checkpoint.kind == PublishedCheckpoint::kSr3)
          return sr3_manifest(read_sr3_config(parse_config(checkpoint.settings, name, false)));
        return adm_manifest(parse_adm_flags(checkpoint.settings), 1000);
      }
    throw Error("no such file");
  };
  const StageManifest base = stage_of("64x64_diffusion.pt"), up = stage_of("64_256_upsampler.pt");
  CHECK(base.kind == "base");
  CHECK(base.diffusion.schedule.kind == "cosine");
  CHECK(base.network.attention == std::vector<int64_t>{1, 2, 3});
  CHECK(base.network.head_channels == 64);
  CHECK(base.network.classes == 1000);
  CHECK(up.kind == "super-resolution");
  CHECK(up.image.low_res == 64);
  CHECK(up.image.high_res == 256);
  CHECK(up.diffusion.schedule.kind == "linear");
  CHECK(up.diffusion.schedule.beta_start == relative(1e-4));
  CHECK(up.network.attention == std::vector<int64_t>{3, 4, 5});
  CHECK(up.network.heads == 4);
  CHECK(up.low_res.upsample == "bilinear");
  CHECK(stage_of("128_512_upsampler.pt").network.attention == std::vector<int64_t>{4, 5});
  CHECK(stage_of("512x512_diffusion.pt").network.multipliers == std::vector<double>{0.5, 1, 1, 2, 2, 4, 4});
  CHECK(stage_of("imagenet64_uncond_100M_1500K.pt").network.level.scale == 0.25);
  CHECK(stage_of("imagenet64_cond_270M_250K.pt").network.level.scale == 1);
  CHECK(!stage_of("lsun_uncond_100M_1200K_bs128.pt").network.scale_shift);
  const StageManifest faces = stage_of("I640000_E37_gen.pth"), large = stage_of("I830000_E32_gen.pth");
  CHECK(faces.image.low_res == 16);
  CHECK(faces.network.attention == std::vector<int64_t>{3});
  CHECK(faces.network.concat_order == "condition-x");
  CHECK(faces.low_res.upsample == "pillow-bicubic");
  CHECK(large.network.groups == 16);
  CHECK(large.network.attention.empty());
  CHECK(large.network.middle_attention);
  CHECK(stage_of("I1560000_E91_gen.pth").kind == "base");
}
