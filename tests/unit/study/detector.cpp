#include <doctest/doctest.h>

#include "base/rng.h"
#include "study/machine.h"
#include "tiny_study.h"

using namespace sr3;

namespace {

// Noise, or noise with correlated neighbours: they differ in texture, but not in brightness.
void noise_images(const std::string& folder, uint64_t seed, bool smooth) {
  std::filesystem::create_directories(folder);
  for (uint64_t i = 0; i < 8; ++i) {
    RandomStream random(seed, i, 300);
    Image image = make_image(40, 40);
    for (size_t k = 0; k < image.u8.size(); ++k) {
      const auto fresh = static_cast<uint8_t>(60 + random.below(136));
      image.u8[k] = smooth && k >= 3 && random.below(4) > 0 ? image.u8[k - 3] : fresh;
    }
    const Bytes bytes = encode(image, Format::kPng, {});
    write_file(folder + "/" + std::to_string(i) + ".png", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
}

}  // namespace

TEST_CASE("Detector: distinguishes textures of held-out images, but not images that do not differ") {
  const samples::Folder scratch;
  noise_images(scratch.path + "real", 1, false);
  noise_images(scratch.path + "smooth", 2, true);
  noise_images(scratch.path + "alike", 3, false);
  PlanInputs inputs;
  inputs.real = scratch.path + "real";
  inputs.models = {scratch.path + "smooth", scratch.path + "alike"};
  StudyDesign design = tiny_design();
  design.trials = 4, design.catches = 1, design.repeats = 0;
  int status = 0;
  make_study(inputs, design, scratch.path + "study", &status);
  const Study study(scratch.path + "study");
  DetectorOptions options;
  options.steps = 60, options.crop = 16, options.batch = 8;
  int64_t reported = 0;
  const MachineScores scores = detector_scores(study, options, [&](int64_t done, int64_t total) {
    CHECK(done == ++reported);
    CHECK(total == 240);
  });
  REQUIRE(scores.pairs.size() == 16);
  int taken[2] = {};
  for (const PairScore& pair : scores.pairs) taken[pair.model] += pair.generated > pair.real;
  CHECK(taken[0] <= 1);  // out of 8
  CHECK(taken[1] >= 1);  // by chance 4
  CHECK(taken[1] <= 7);
}
