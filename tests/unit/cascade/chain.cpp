#include "cascade/chain.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/options.h"
#include "cascade/tiny_stage.h"
#include "degrade/resize.h"
#include "image/alpha.h"

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

TEST_CASE("alpha is enlarged by bicubic interpolation, and colours of invisible pixels have no effect") {
  TinyStage tiny;
  const auto stages = loaded({&tiny});
  Frame plain = frame(0, 7, 6), other = plain;
  for (size_t i = 0; i < 42; ++i) {
    plain.image.alpha.push_back(static_cast<uint16_t>(i % 5 < 2 ? 0 : i * 1500));
    if (plain.image.alpha[i] == 0)
      for (size_t c = 0; c < 3; ++c) other.image.u8[i * 3 + c] ^= 0x7f;
  }
  other.image.alpha = plain.image.alpha;
  const auto one = through(stages, {}, {plain}), two = through(stages, {}, {other});
  CHECK(one[0].image.u8 == two[0].image.u8);
  CHECK(one[0].image.alpha == two[0].image.alpha);
  // Each alpha is the nearest of 8 bits to the bicubic interpolation of those of the input.
  std::vector<float> levels(plain.image.alpha.begin(), plain.image.alpha.end());
  const auto wanted = resize_float(levels, 7, 6, 1, 14, 12, Kernel::kBicubic);
  REQUIRE(one[0].image.alpha.size() == wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const float inside = std::clamp(wanted[i], 0.f, 65535.f);
    CHECK(one[0].image.alpha[i] % 257 == 0);
    CHECK(std::abs(static_cast<float>(one[0].image.alpha[i]) - inside) <= 130);
  }
  // The colours are those of the opaque image in which the invisible pixels have been filled.
  Frame filled = plain;
  filled.image = with_filled_colours(filled.image);
  filled.image.alpha.clear();
  CHECK(one[0].image.u8 == through(stages, {}, {filled})[0].image.u8);
}

TEST_CASE("a chain of two stages equals a pipe of two for images with alpha") {
  TinyStage a, b([](StageManifest&m) { m.sampling.steps = "2"; });
  Frame given = frame(0, 6, 5);
  for (uint16_t i = 0; i < 30; ++i) given.image.alpha.push_back(i % 4 == 0 ? 0 : static_cast<uint16_t>(i * 257 * 8));
  const auto both = through(loaded({&a, &b}), {}, {given});
  const auto piped = through(loaded({&b}), {}, through(loaded({&a}), {}, {given}));
  CHECK(both[0].image.u8 == piped[0].image.u8);
  CHECK(both[0].image.alpha == piped[0].image.alpha);
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
