#include "cascade/base_sampler.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "cascade/tiny_stage.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

// A base stage of 8x8 with three classes.
void base(StageManifest& m) {
  m.kind = "base";
  m.image = {.channels = 3, .low_res = 0, .high_res = 8};
  m.network.condition_channels = 0;
  m.network.patch = 1;
  m.network.classes = 3;
  m.classes = {"cat", "dog", "big, red"};
  m.diffusion.target = "image";
  m.diffusion.label_dropout = 0.1;
}

Stage loaded(const TinyStage& tiny, const SamplingOverrides& overrides = {}) {
  Stage stage(tiny.path(), overrides);
  stage.load(at::kCPU, "fp32");
  return stage;
}

DrawOptions some(int64_t number, const std::string& classes = "") {
  DrawOptions options;
  options.number = number;
  options.classes = classes;
  return options;
}

std::vector<at::Tensor> drawn(const Stage& stage, const DrawOptions& options) {
  std::vector<at::Tensor> images(static_cast<size_t>(options.number));
  BaseSampler(stage, options).all({}, {}, [&](Frame frame, const at::Tensor& image) {
    images.at(static_cast<size_t>(frame.index)) = image.clone();
  });
  return images;
}

}  // namespace

TEST_CASE("classes in equal shares, by name, number or list; keys, numbers and seed are passed on") {
  const TinyStage tiny(base);
  const Stage stage(tiny.path(), {});
  const auto labels = [&](const std::string& classes) {
    std::string text;
    const BaseSampler base_sampler(stage, some(6, classes));
    for (int64_t k = 0; k < base_sampler.count(); ++k) {
      const auto label = base_sampler.planned(k).label;
      text += label ? std::to_string(*label) : "-";
    }
    return text;
  };
  CHECK(labels("") == "012012");
  CHECK(labels("all") == "012012");
  CHECK(labels("dog") == "111111");
  CHECK(labels("2") == "222222");
  CHECK(labels("dog,0") == "101010");
  CHECK(labels("big, red") == "222222");
  CHECK(labels("none") == "------");
  CHECK_THROWS_WITH_AS(labels("bird"), doctest::Contains("has no class 'bird': it has cat, dog, big"), Error);
  CHECK_THROWS_WITH_AS(labels("3"), doctest::Contains("its classes are 0 to 2"), Error);
  CHECK_THROWS_WITH_AS(labels("dog,1"), doctest::Contains("is listed twice"), UsageError);

  DrawOptions options = some(5);
  options.seed = 9;
  options.shard = "2/2";
  options.by_class = true;
  const BaseSampler shard(stage, options);
  REQUIRE(shard.count() == 2);
  CHECK(shard.planned(0).key == "dog/000001");
  CHECK(shard.planned(1).key == "cat/000003");
  CHECK(shard.planned(1).index == 3);
  CHECK(shard.planned(1).total == 2);
  CHECK(shard.planned(1).seed == 9);
}

TEST_CASE("batches and shards change no image; seed and class do") {
  const TinyStage tiny(base);
  const Stage stage = loaded(tiny);
  const auto whole = drawn(stage, some(7));
  DrawOptions options = some(7);
  options.batch = 2;
  const auto by_two = drawn(stage, options);
  options.shard = "2/3";
  const auto shard = drawn(stage, options);
  for (size_t i = 0; i < whole.size(); ++i) {
    CHECK(at::equal(whole[i], by_two[i]));
    CHECK(shard[i].defined() == (i % 3 == 1));
    if (shard[i].defined()) CHECK(at::equal(whole[i], shard[i]));
  }
  CHECK(!at::equal(whole[0], whole[3]));
  CHECK(!at::equal(drawn(stage, some(1, "0"))[0], drawn(stage, some(1, "1"))[0]));
  options = some(1);
  options.seed = 1;
  CHECK(!at::equal(drawn(stage, options)[0], whole[0]));
}

TEST_CASE("guidance extrapolates from the unconditional through the conditional prediction") {
  for (const char* predict : {"eps", "x0", "v"}) {
    CAPTURE(predict);
    const TinyStage tiny([&](StageManifest& m) {
      base(m);
      m.diffusion.predict = predict;
    });
    const at::Tensor x = at::sin(at::arange(2 * 192, at::kFloat)).view({2, 3, 8, 8});
    const auto answer = [&](double guidance, int64_t label) {
      SamplingOverrides overrides;
      overrides.guidance = guidance;
      const Stage stage = loaded(tiny, overrides);
      const auto prepared = stage.prepare(2, {}, at::full({2}, label, at::kLong));
      return stage.denoise(prepared, x, 1).x0;
    };
    const at::Tensor with = answer(1, 2), without = answer(1, -1);
    CHECK(!at::allclose(with, without));
    CHECK(at::allclose(answer(0, 2), without, 1e-4, 1e-5));
    CHECK(at::allclose(answer(3, 2), without + 3 * (with - without), 1e-4, 1e-4));
  }
}

TEST_CASE("requests that the stage does not support are refused") {
  const TinyStage plain([](StageManifest& m) {
    base(m);
    m.diffusion.label_dropout = 0;
  });
  SamplingOverrides guided;
  guided.guidance = 2;
  CHECK_THROWS_WITH_AS(Stage(plain.path(), guided), doctest::Contains("was trained without label dropout"), UsageError);
  const Stage stage(plain.path(), {});
  CHECK_THROWS_WITH_AS(BaseSampler(stage, some(1, "none")), doctest::Contains("was trained with a class always"),
                       UsageError);
  const TinyStage above;
  const Stage other(above.path(), {});
  CHECK_THROWS_WITH_AS(BaseSampler(other, some(1)), doctest::Contains("it is not a base stage"), Error);
}
