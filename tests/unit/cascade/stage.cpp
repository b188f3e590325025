#include "cascade/stage.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "cascade/tiny_stage.h"

using namespace sr3;

namespace {

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a stage refuses other weights than its own") {
  TinyStage tiny;
  Stage stage(tiny.path(), {});
  stage.load(at::kCPU, "fp32");

  SUBCASE("absent: before any work") {
    std::filesystem::remove(tiny.weights());
    CHECK(contains(error_of([&] { Stage(tiny.path(), {}); }), "weights.safetensors' do not exist"));
  }
  SUBCASE("changed by one bit") {
    std::string bytes = read_text(tiny.weights());
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    write_file(tiny.weights(), bytes);
    CHECK(contains(error_of([&] { stage.load(at::kCPU, "fp32"); }), "sha256"));
  }
  SUBCASE("weights of another network") {
    TensorFile file = read_safetensors(tiny.weights());
    const auto rewrite = [&] {
      write_safetensors(tiny.weights(), file);
      tiny.manifest.weights_sha256 = sha256_file(tiny.weights());
      tiny.save();
      return error_of([&] { Stage(tiny.path(), {}).load(at::kCPU, "fp32"); });
    };
    const auto first = file.tensors[0];
    file.tensors[0].first = "stranger";
    CHECK(contains(rewrite(), "'" + first.first + "' is missing"));
    file.tensors[0] = first;
    file.tensors.emplace_back("stranger", at::zeros({1}));
    CHECK(contains(rewrite(), "'stranger' is unknown"));
    file.tensors.pop_back();
    file.tensors[0].second = at::zeros({5});
    CHECK(contains(rewrite(), "'" + first.first + "' is (5), not ("));
  }
}

TEST_CASE("sampling options of the command line override the manifest's") {
  TinyStage tiny;
  SamplingOverrides overrides;
  CHECK(Stage(tiny.path(), overrides).steps() == 3);
  overrides.steps = "7";
  overrides.eta = 0.5;
  const Stage stage(tiny.path(), overrides);
  CHECK(stage.steps() == 7);
  CHECK(stage.sampling().eta == 0.5);
  overrides.sampler = "ddpm";
  CHECK_THROWS_AS(Stage(tiny.path(), overrides), UsageError);
  overrides.eta.reset();
  overrides.variance = "learned";
  CHECK_THROWS_AS(Stage(tiny.path(), overrides), UsageError);
  overrides.variance = "beta";
  overrides.steps = "0";
  CHECK_THROWS_AS(Stage(tiny.path(), overrides), Error);
}

TEST_CASE("classes by name and by index") {
  TinyStage with([](StageManifest& m) {
    m.network.classes = 3;
    m.classes = {"cat", "dog", "7"};
  });
  const Stage stage(with.path(), {});
  CHECK(stage.class_index("dog") == 1);
  CHECK(stage.class_index("0") == 0);
  CHECK(stage.class_index("7") == 2);  // a name takes precedence over a number
  CHECK_THROWS_AS(stage.class_index("3"), Error);
  CHECK_THROWS_AS(stage.class_index("-1"), Error);
  CHECK_THROWS_AS(stage.class_index("horse"), Error);
  TinyStage without;
  CHECK_THROWS_AS(Stage(without.path(), {}).class_index("0"), Error);
}

TEST_CASE("size_multiple: determined by patch and levels") {
  TinyStage tiny;
  CHECK(Stage(tiny.path(), {}).size_multiple() == 4);
}

TEST_CASE("the noise depends on each of seed, size, scale and sample") {
  std::set<uint64_t> seeds;
  for (uint64_t seed : {0, 1})
    for (int64_t width : {64, 256})
      for (int64_t height : {64, 256})
        for (int64_t scale : {2, 4})
          for (int64_t sample : {0, 1}) seeds.insert(stage_seed(seed, width, height, scale, sample));
  CHECK(seeds.size() == 32);
}
