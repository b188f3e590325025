// Parameter counts and names against published checkpoints (tables of their authors' state dicts), without allocating
// any.
#include "nn/unet_plan.h"

#include <doctest/doctest.h>

#include <set>

#include "base/error.h"
#include "base/relative.h"
#include "nn/unet.h"

using namespace sr3;

namespace {

int64_t count(const UNetOptions& options) {
  int64_t sum = 0;
  for (const auto& [name, shape] : parameter_shapes(options)) {
    int64_t n = 1;
    for (const int64_t d : shape) n *= d;
    sum += n;
  }
  return sum;
}

UNetOptions adm(int64_t channels, std::vector<double> multipliers, int64_t blocks, std::vector<int64_t> attention,
                bool by_block, int64_t classes, int64_t condition = 0) {
  UNetOptions o;
  o.channels = channels;
  o.blocks.assign(multipliers.size(), blocks);
  o.multipliers = std::move(multipliers);
  o.attention = std::move(attention);
  o.head_channels = 64;
  o.resample = by_block ? "block" : "conv";
  o.classes = classes;
  o.condition_channels = condition;
  o.out_channels = 6;
  o.level.input = "timestep";
  return o;
}

UNetOptions janspiry(std::vector<double> multipliers, int64_t blocks, std::vector<int64_t> attention, int64_t groups) {
  UNetOptions o;
  o.condition_channels = 3;
  o.concat_order = "condition-x";
  o.channels = 64;
  o.blocks.assign(multipliers.size(), blocks);
  o.multipliers = std::move(multipliers);
  o.attention = std::move(attention);
  o.attention_bias = false;
  o.groups = groups;
  o.scale_shift = false;
  o.level.input = "sqrt-alpha-bar";
  o.level.order = "sin-cos";
  o.level.out = 64;
  o.level.activate = false;
  return o;
}

}  // namespace

TEST_CASE("parameter counts of published checkpoints") {
  CHECK(count(adm(192, {1, 2, 3, 4}, 3, {1, 2, 3}, true, 1000)) == 295904454);             // 64x64_diffusion
  CHECK(count(adm(256, {1, 1, 2, 3, 4}, 2, {2, 3, 4}, true, 1000)) == 421529606);          // 128x128_diffusion
  CHECK(count(adm(256, {1, 1, 2, 2, 4, 4}, 2, {3, 4, 5}, true, 1000)) == 553838086);       // 256x256_diffusion
  CHECK(count(adm(256, {1, 1, 2, 2, 4, 4}, 2, {3, 4, 5}, true, 0)) == 552814086);          // ..._uncond, lsun
  CHECK(count(adm(256, {0.5, 1, 1, 2, 2, 4, 4}, 2, {4, 5, 6}, true, 1000)) == 558997638);  // 512x512_diffusion
  CHECK(count(adm(192, {1, 1, 2, 2, 4, 4}, 2, {3, 4, 5}, true, 1000, 3)) == 311795910);    // 64_256_upsampler
  CHECK(count(adm(192, {1, 1, 2, 2, 4, 4}, 2, {4, 5}, true, 1000, 3)) == 308835270);       // 128_512_upsampler
  CHECK(count(adm(128, {1, 2, 2, 2}, 3, {1, 2}, false, 0)) == 52546438);                   // cifar10_uncond
  CHECK(count(adm(128, {1, 2, 3, 4}, 3, {2, 3}, false, 0)) == 121063942);                  // imagenet64_uncond
  CHECK(count(adm(192, {1, 2, 3, 4}, 3, {2, 3}, false, 1000)) == 273049350);               // imagenet64_cond_270M
  CHECK(count(adm(192, {1, 1, 2, 2, 4, 4}, 2, {4, 5}, false, 1000, 3)) == 279792390);      // upsample_cond_500K
  UNetOptions lsun = adm(128, {1, 1, 2, 2, 4, 4}, 2, {4}, false, 0);
  lsun.scale_shift = false;
  lsun.out_channels = 3;
  CHECK(count(lsun) == 113676678 - 3459);  // its out.conv has 6 channels
  lsun.out_channels = 6;
  CHECK(count(lsun) == 113676678);
  CHECK(count(janspiry({1, 2, 4, 8, 8}, 2, {3}, 32)) == 97807491);   // SR3 16->128
  CHECK(count(janspiry({1, 2, 4, 8, 16}, 1, {}, 16)) == 155334339);  // SR3 64->512
}

TEST_CASE("parameter names are unique and follow the scheme") {
  const auto shapes = parameter_shapes(janspiry({1, 2}, 1, {1}, 32));
  std::set<std::string> names;
  for (const auto& [name, shape] : shapes) names.insert(name);
  CHECK(names.size() == shapes.size());
  for (const char* name :
       {"time.0.weight", "time.2.bias", "down.0.conv.weight", "down.1.norm1.weight", "down.2.conv.bias",
        "down.3.skip.weight", "down.3.attention.qkv.weight", "middle.0.attention.out.bias", "middle.1.embed.bias",
        "up.0.attention.norm.bias", "up.2.conv.weight", "up.4.conv2.weight", "out.norm.bias", "out.conv.weight"})
    CHECK_MESSAGE(names.count(name) == 1, name);
  CHECK(names.count("down.3.attention.qkv.bias") == 0);
  CHECK(names.count("up.2.norm1.weight") == 0);
}

TEST_CASE("a network without conditioning has no embedding") {
  UNetOptions o;
  o.level.input = "none";
  for (const auto& [name, shape] : parameter_shapes(o)) {
    CHECK_MESSAGE(name.find("embed") == std::string::npos, name);
    CHECK_MESSAGE(name.find("time") == std::string::npos, name);
  }
  o.classes = 4;
  bool projects = false;
  for (const auto& [name, shape] : parameter_shapes(o)) {
    CHECK_MESSAGE(name.find("time") == std::string::npos, name);
    projects = projects || name.find("embed") != std::string::npos;
  }
  CHECK(projects);
}

TEST_CASE("impossible networks are refused, with the field's name") {
  const auto refused = [](const char* field, auto&& change) {
    UNetOptions o;
    change(o);
    try {
      validate(o);
      FAIL("accepted a bad " << field);
    } catch (const Error& e) {
      CHECK_MESSAGE(std::string(e.what()).find(cat("'", field, "'")) != std::string::npos, e.what());
    }
  };
  CHECK_NOTHROW(validate(UNetOptions()));
  refused("in_channels", [](auto& o) { o.in_channels = 0; });
  refused("condition_channels", [](auto& o) { o.condition_channels = -1; });
  refused("out_channels", [](auto& o) { o.out_channels = 0; });
  refused("concat_order", [](auto& o) { o.concat_order = "x"; });
  refused("patch", [](auto& o) { o.patch = 0; });
  refused("channels", [](auto& o) { o.channels = -64; });
  refused("multipliers", [](auto& o) { o.multipliers = {}; });
  refused("multipliers", [](auto& o) { o.multipliers = {1, 1.01, 2}; });
  refused("multipliers", [](auto& o) { o.multipliers = {1, -1, 2}; });
  refused("multipliers", [](auto& o) { o.multipliers = {1, NAN, 2}; });
  refused("blocks", [](auto& o) { o.blocks = {2, 2}; });
  refused("blocks", [](auto& o) { o.blocks = {2, 0, 2}; });
  refused("attention", [](auto& o) { o.attention = {3}; });
  refused("groups", [](auto& o) { o.groups = 0; });
  refused("groups", [](auto& o) { o.groups = 48; });
  refused("groups", [](auto& o) { o.groups = 128; });
  refused("heads", [](auto& o) { o.heads = 3; });
  refused("heads", [](auto& o) { o.heads = 0; });
  refused("head_channels", [](auto& o) { o.head_channels = 48; });
  refused("norm_eps", [](auto& o) { o.norm_eps = 0; });
  refused("resample", [](auto& o) { o.resample = "pool"; });
  refused("skip_scale", [](auto& o) { o.skip_scale = 0; });
  refused("dropout", [](auto& o) { o.dropout = 1; });
  refused("classes", [](auto& o) { o.classes = -1; });
  refused("level.input", [](auto& o) { o.level.input = "t"; });
  refused("level.order", [](auto& o) { o.level.order = "sin"; });
  refused("level.scale", [](auto& o) { o.level.scale = INFINITY; });
}

TEST_CASE("operations of the 16->128 network") {
  // 91.7 GFLOP in convolutions (counted in another framework); attention: five maps of 16x16 and one of 8x8, 512
  // channels.
  const double attention = 4.0 * 512 * (5 * 256.0 * 256 + 64 * 64);
  CHECK((forward_flops(janspiry({1, 2, 4, 8, 8}, 2, {3}, 32), 128, 128) - attention) / 1e9 == relative(91.7, 0.001));
  // One 3x3 convolution of the stem alone: 2 * 9 * in * out * area; padded sizes are counted.
  CHECK(forward_flops(UNetOptions(), 61, 64) == forward_flops(UNetOptions(), 64, 64));
}
