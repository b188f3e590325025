#include "cascade/chain.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/options.h"
#include "cascade/tiny_stage.h"

using namespace sr3;

namespace {

std::vector<Stage> loaded(const std::vector<const TinyStage*>& tiny) {
  std::vector<Stage> stages;
  for (const TinyStage* one : tiny) {
    stages.emplace_back(one->path(), SamplingOverrides{});
    stages.back().load(at::kCPU, "fp32");
  }
  return stages;
}

Frame frame(int64_t index, int64_t width, int64_t height) {
  Frame made;
  made.image = test_image(width, height, static_cast<int>(index));
  made.key = std::to_string(index);
  made.origin = made.key + ".png";
  made.index = index;
  return made;
}

std::vector<Frame> through(const std::vector<Stage>& stages, const ChainOptions& options,
                           const std::vector<Frame>& frames, std::function<bool(const std::string&)> skip = {}) {
  std::vector<Frame> results;
  Chain chain(stages, options, 8, {[&](Frame f) { results.push_back(std::move(f)); }, skip, {}});
  for (const Frame& f : frames) chain.push(f);
  chain.flush();
  return results;
}

}  // namespace

TEST_CASE("a chain of two stages equals a pipe of two") {
  TinyStage a, b([](StageManifest&m) { m.sampling.steps = "2"; });
  ChainOptions options;
  options.seed = 3;
  options.samples = 2;
  const std::vector<Frame> frames = {frame(0, 6, 5), frame(1, 6, 5), frame(2, 4, 4)};
  const auto both = through(loaded({&a, &b}), options, frames);
  const auto middle = through(loaded({&a}), options, frames);
  ChainOptions next;  // the stream contains the seed
  const auto piped = through(loaded({&b}), next, middle);
  REQUIRE(both.size() == 6);
  REQUIRE(piped.size() == 6);
  for (size_t i = 0; i < both.size(); ++i) {
    CHECK(both[i].image.u8 == piped[i].image.u8);
    CHECK(both[i].key == piped[i].key);
    CHECK(both[i].index == piped[i].index);
    CHECK(both[i].seed == piped[i].seed);
  }
}

TEST_CASE("samples: keys and positions in the stream; the first equals a single sample") {
  TinyStage tiny;
  const auto stages = loaded({&tiny});
  Frame second = frame(1, 5, 5);
  second.total = 4;
  const auto one = through(stages, {}, {second});
  ChainOptions options;
  options.samples = 3;
  const auto three = through(stages, options, {second});
  REQUIRE(three.size() == 3);
  CHECK(three[0].image.u8 == one[0].image.u8);
  CHECK(three[1].image.u8 != one[0].image.u8);
  CHECK(three[2].image.u8 != three[1].image.u8);
  for (int64_t k = 0; k < 3; ++k) {
    const Frame& made = three[static_cast<size_t>(k)];
    CHECK(made.key == "1-" + std::to_string(k + 1));
    CHECK(made.index == 3 + k);
    CHECK(made.total == 12);
    CHECK(made.seed == 0);
  }
}

TEST_CASE("the seed of the command line overrides the frame's") {
  TinyStage tiny;
  const auto stages = loaded({&tiny});
  Frame plain = frame(0, 5, 5), seeded = plain;
  seeded.seed = 9;
  ChainOptions nine;
  nine.seed = 9;
  const auto by_frame = through(stages, {}, {seeded}), by_option = through(stages, nine, {plain});
  CHECK(by_frame[0].image.u8 == by_option[0].image.u8);
  CHECK(by_frame[0].image.u8 != through(stages, {}, {plain})[0].image.u8);
}

TEST_CASE("results that are not requested are not computed, and do not change the others") {
  TinyStage tiny;
  const auto stages = loaded({&tiny});
  const std::vector<Frame> frames = {frame(0, 5, 5), frame(1, 5, 5), frame(2, 5, 5)};
  const auto all = through(stages, {}, frames);
  const auto some = through(stages, {}, frames, [](const std::string& key) { return key == "1"; });
  REQUIRE(some.size() == 2);
  CHECK(some[0].image.u8 == all[0].image.u8);
  CHECK(some[1].image.u8 == all[2].image.u8);
}

TEST_CASE("classes: required, given, out of range, or not supported") {
  TinyStage with([](StageManifest& m) {
    m.network.classes = 2;
    m.classes = {"cat", "dog"};
  });
  TinyStage without;
  const auto stages = loaded({&with});
  Frame f = frame(0, 4, 4);
  CHECK_THROWS_WITH_AS(through(stages, {}, {f}), doctest::Contains("needs a class"), DataError);
  ChainOptions dog;
  dog.label = "dog";
  const auto by_option = through(stages, dog, {f});
  CHECK(by_option[0].label == 1);
  f.label = 1;
  CHECK(through(stages, {}, {f})[0].image.u8 == by_option[0].image.u8);
  f.label = 0;
  CHECK(through(stages, {}, {f})[0].image.u8 != by_option[0].image.u8);
  f.label = 2;
  CHECK_THROWS_WITH_AS(through(stages, {}, {f}), doctest::Contains("has 2 classes"), DataError);
  CHECK_THROWS_AS(through(loaded({&without}), dog, {f}), UsageError);
}

TEST_CASE("the groups of options that upscale --baseline refuses are those of stages") {
  Options options;
  SamplingOverrides sampling;
  ChainOptions chain;
  sampling.declare(options);
  chain.declare(options);
  for (const OptionGroup& group : {groups::kSampling, groups::kResult, groups::kTiles})
    CHECK_NOTHROW(options.refuse_given(group, "why"));
  for (const Option& option : options.all()) {
    CAPTURE(option.name);
    CHECK((option.group == groups::kSampling || option.group == groups::kResult || option.group == groups::kTiles));
  }
}
