#include "data/loader.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/relative.h"
#include "data/image_folder.h"
#include "degrade/named_recipes.h"
#include "tensor/aten.h"
#include "tensor/convert.h"

using namespace sr3;
using namespace samples;

namespace {

bool same(const Batch& a, const Batch& b) {
  return at::equal(a.high_res, b.high_res) && at::equal(a.condition, b.condition) && at::equal(a.low_res, b.low_res);
}

}  // namespace

TEST_CASE("the turns of several loaders are together the examples of one") {
  ImageFolder folder;
  for (int i = 0; i < 7; ++i) folder.write("p" + std::to_string(i) + ".png", noisy(20, 20, static_cast<uint64_t>(i)));
  const StageManifest manifest = stage(4, 16);
  const Batch whole = Loader(from(folder), manifest).next(0, 50);
  constexpr int64_t kOrigin = 3, kPeriod = 11, kMiddle = 5;
  for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, kMiddle}, {kMiddle, kPeriod}}) {
    Loader loader(from(folder), manifest);
    loader.take_turns(kOrigin, kPeriod, begin, end);
    const Batch preview = Loader(from(folder), manifest).next(int64_t{1} << 40, 15);
    for (int64_t turn = 0; turn < 4; ++turn) {
      // In two unequal parts; and with a preview in between, which is no turn.
      const int64_t first = kOrigin + turn * kPeriod + begin, cut = 2, rest = end - begin - cut;
      CHECK(at::equal(loader.next(first, cut).high_res, whole.high_res.narrow(0, first, cut)));
      CHECK(at::equal(loader.next(first + cut, rest).high_res, whole.high_res.narrow(0, first + cut, rest)));
      if (turn == 1) CHECK(at::equal(loader.next(int64_t{1} << 40, 15).high_res, preview.high_res));
    }
  }
  Loader loader(from(folder), manifest);
  CHECK_THROWS_AS(loader.take_turns(0, 4, 2, 2), std::logic_error);
  CHECK_THROWS_AS(loader.take_turns(0, 4, 2, 5), std::logic_error);
}

TEST_CASE("an epoch has each image once, and epochs differ in their order") {
  ImageFolder folder;
  for (int i = 0; i < 11; ++i) folder.write("p" + std::to_string(i) + ".png", marked(16, 16, i));
  Loader loader(from(folder), stage(4, 16));
  REQUIRE(loader.images() == 11);
  std::vector<std::vector<int>> orders;
  for (int epoch = 0; epoch < 3; ++epoch) {
    const Batch batch = loader.next(epoch * 11, 11);
    std::vector<int> order;
    for (int64_t n = 0; n < 11; ++n) order.push_back(level(batch.high_res, n, 0, 0, 0));
    CHECK(std::set<int>(order.begin(), order.end()).size() == 11);
    orders.push_back(order);
  }
  CHECK(orders[0] != orders[1]);
  CHECK(orders[1] != orders[2]);
}

TEST_CASE("examples do not depend on batches, threads, cache and the point of resuming") {
  ImageFolder folder;
  for (int i = 0; i < 7; ++i)
    folder.write("p" + std::to_string(i) + ".png", noisy(20 + i, 30 - i, static_cast<uint64_t>(i)));
  StageManifest manifest = stage(4, 16);
  manifest.low_res.recipe.noise = 3;
  DataOptions options = from(folder);
  options.threads = 1;
  const Batch whole = Loader(options, manifest).next(0, 40);
  CHECK(whole.high_res.sizes() == at::IntArrayRef({40, 3, 16, 16}));
  CHECK(whole.condition.sizes() == at::IntArrayRef({40, 3, 16, 16}));
  CHECK(whole.low_res.sizes() == at::IntArrayRef({40, 3, 4, 4}));
  CHECK(!whole.labels.defined());
  CHECK(whole.high_res.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(whole.condition.is_contiguous(at::MemoryFormat::ChannelsLast));

  options.threads = 3;
  options.cache_mb = 0;
  Loader pieces(options, manifest);
  int64_t first = 0;
  // In sequence with batches of varying size, so that prefetched examples are used in other portions than requested.
  for (int64_t batch : {8, 8, 2, 1, 5, 7, 9}) {
    const Batch piece = pieces.next(first, batch);
    CHECK(piece.first == first);
    CHECK(at::equal(piece.high_res, whole.high_res.narrow(0, first, batch)));
    CHECK(at::equal(piece.condition, whole.condition.narrow(0, first, batch)));
    CHECK(at::equal(piece.low_res, whole.low_res.narrow(0, first, batch)));
    first += batch;
  }
  CHECK(same(pieces.next(3, 5), Loader(options, manifest).next(3, 5)));  // back again
  CHECK(at::equal(pieces.next(int64_t{1} << 40, 2).high_res,
                  Loader(options, manifest).next(int64_t{1} << 40, 2).high_res));
  CHECK(at::equal(pieces.next(8, 4).high_res, whole.high_res.narrow(0, 8, 4)));
  CHECK(pieces.waited() >= 0);

  options.seed = 2;
  CHECK(!at::equal(Loader(options, manifest).next(0, 40).high_res, whole.high_res));
}

TEST_CASE("crops are uniform over the image, inside it, and half of them mirrored") {
  ImageFolder folder;
  folder.write("p.png", marked(19, 18, 5));
  Loader loader(from(folder), stage(4, 16));
  const int count = 2400;
  const Batch batch = loader.next(0, count);
  std::map<int, int> columns, rows;
  int mirrored = 0;
  for (int64_t n = 0; n < count; ++n) {
    const int left = level(batch.high_res, n, 1, 0, 0), right = level(batch.high_res, n, 1, 0, 15);
    const int top = level(batch.high_res, n, 2, 0, 0);
    CHECK(std::abs(right - left) == 15);
    CHECK(level(batch.high_res, n, 2, 15, 0) == top + 15);
    mirrored += right < left;
    ++columns[std::min(left, right)];
    ++rows[top];
  }
  // Within 5 standard deviations of the binomial.
  const auto even = [&](int seen, double p) { return std::abs(seen - count * p) < 5 * std::sqrt(count * p * (1 - p)); };
  CHECK(even(mirrored, 0.5));
  CHECK(columns.size() == 4);
  for (auto [column, seen] : columns) CHECK(even(seen, 1.0 / 4));
  CHECK(rows.size() == 3);
  for (auto [row, seen] : rows) CHECK(even(seen, 1.0 / 3));

  DataOptions options = from(folder);
  options.no_flip = true;
  const Batch straight = Loader(options, stage(4, 16)).next(0, 50);
  for (int64_t n = 0; n < 50; ++n) {
    const int left = level(straight.high_res, n, 1, 0, 0);
    CHECK(level(straight.high_res, n, 1, 0, 15) == left + 15);
    CHECK(left == std::min(level(batch.high_res, n, 1, 0, 0), level(batch.high_res, n, 1, 0, 15)));  // the same crops
  }
}

TEST_CASE("low_res equals degrade's result for the example, and the condition its float bicubic enlargement") {
  ImageFolder folder;
  for (int i = 0; i < 3; ++i) folder.write("p" + std::to_string(i) + ".png", noisy(40, 33, static_cast<uint64_t>(i)));
  StageManifest manifest = stage(4, 16);
  manifest.low_res.recipe.noise = 2;
  const Batch batch = Loader(from(folder, 9), manifest).next(10, 6);
  RecipeOptions options;
  options.scale = 4;
  options.noise = 2;
  for (int64_t n = 0; n < 6; ++n) {
    const Image high = to_image(batch.high_res[n]);
    CHECK(at::equal(to_tensor(high), batch.high_res[n].contiguous()));
    const Image low = Recipe(options)(high, 9, static_cast<uint64_t>(10 + n));
    CHECK(at::equal(to_tensor(low), batch.low_res[n].contiguous()));
    // The definition of bicubic (a = -0.5): weights of the samples within 2 of the centre, cut off at the border, normalised.
    const auto cubic = [](double x) {
      x = std::abs(x);
      return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    };
    for (int64_t y : {0, 1, 7, 15})
      for (int64_t x : {0, 2, 8, 15}) {
        double sum = 0, weights = 0;
        for (int64_t j = 0; j < 4; ++j)
          for (int64_t i = 0; i < 4; ++i) {
            const double w = cubic((static_cast<double>(y - 4 * j) + 0.5) / 4 - 0.5) *
                             cubic((static_cast<double>(x - 4 * i) + 0.5) / 4 - 0.5);
            sum += w * (low.u8[static_cast<size_t>((j * 4 + i) * 3 + 1)] / 127.5 - 1);
            weights += w;
          }
        CHECK(batch.condition[n][1][y][x].item<double>() == relative(sum / weights, 1e-5));
      }
  }
}

TEST_CASE("crops without detail are redrawn") {
  ImageFolder folder;
  // Flat except for a noisy quarter: 16x16 crops of 64x64 overlap it in 1 - (33/49)^2 of the draws, about half.
  Image image = make_image(64, 64);
  const Image noise = noisy(64, 64, 1);
  for (int64_t y = 32; y < 64; ++y)
    for (int64_t x = 32; x < 64; ++x)
      for (int64_t c = 0; c < 3; ++c) {
        const auto at = static_cast<size_t>((y * 64 + x) * 3 + c);
        image.u8[at] = noise.u8[at];
      }
  folder.write("p.png", image);
  const auto flat = [](const Batch& batch) {
    int count = 0;
    for (int64_t n = 0; n < batch.high_res.size(0); ++n)
      count += (batch.high_res[n] - batch.condition[n]).std().item<double>() * 127.5 < 6;
    return count;
  };
  DataOptions options = from(folder);
  const int plainly = flat(Loader(options, stage(4, 16)).next(0, 300));
  CHECK(plainly > 100);
  options.min_detail = 6;
  CHECK(flat(Loader(options, stage(4, 16)).next(0, 300)) < 15);  // 8 draws all flat: under 3%
  options.min_detail = 1000;                                     // never reached, and still an example is returned
  CHECK(Loader(options, stage(4, 16)).next(0, 3).high_res.size(0) == 3);
}

TEST_CASE("resize takes the largest centre square by area") {
  ImageFolder folder;
  folder.write("p.png", marked(96, 32, 7));
  DataOptions options = from(folder);
  options.preprocess = "resize";
  options.no_flip = true;
  const Batch batch = Loader(options, stage(4, 16)).next(0, 2);
  // Columns 32..63 and rows 0..31 in pairs: means of two neighbours, halves rounded up.
  for (int64_t i = 0; i < 16; ++i) {
    CHECK(level(batch.high_res, 0, 1, 3, i) == 33 + 2 * i);
    CHECK(level(batch.high_res, 1, 2, i, 3) == 1 + 2 * i);
  }
}

TEST_CASE("a crop may differ from the stage's size, but must be a multiple of its scale") {
  ImageFolder folder;
  folder.write("p.png", noisy(40, 40, 1));
  DataOptions options = from(folder);
  options.crop = 32;
  const Batch batch = Loader(options, stage(4, 16)).next(0, 2);
  CHECK(batch.high_res.size(2) == 32);
  CHECK(batch.low_res.size(3) == 8);
  options.crop = 30;
  CHECK_THROWS_WITH_AS(Loader(options, stage(4, 16)),
                       doctest::Contains("a crop of 30 is not a multiple of the scale 4"), UsageError);
  options.crop = 0;
  options.preprocess = "stretch";
  CHECK_THROWS_WITH_AS(Loader(options, stage(4, 16)), doctest::Contains("unknown preprocessing 'stretch'"), UsageError);
}

TEST_CASE("classes are the first folders below the operand, in the manifest's order") {
  ImageFolder folder;
  for (int i = 0; i < 4; ++i) folder.write("dog/images/" + std::to_string(i) + ".png", marked(16, 16, 10 + i));
  for (int i = 0; i < 2; ++i) folder.write("cat/" + std::to_string(i) + ".png", marked(16, 16, 20 + i));
  StageManifest manifest = stage(4, 16);
  CHECK(Loader(from(folder), manifest).classes() == std::vector<std::string>{"cat", "dog"});
  CHECK(!Loader(from(folder), manifest).next(0, 1).labels.defined());
  const auto labelled = [&](int64_t dog) {
    const Batch batch = Loader(from(folder), manifest).next(0, 12);
    for (int64_t n = 0; n < 12; ++n)
      CHECK(batch.labels[n].item<int64_t>() == (level(batch.high_res, n, 0, 0, 0) < 20 ? dog : 1 - dog));
  };
  manifest.network.classes = 2;
  labelled(1);  // without names in the manifest they are sorted
  manifest.classes = {"dog", "cat"};
  labelled(0);
  manifest.classes = {"dog", "bird"};
  CHECK_THROWS_WITH_AS(Loader(from(folder), manifest),
                       doctest::Contains("has the class 'cat', which is not a class of the stage"), Error);
  manifest.classes.clear(), manifest.network.classes = 3;
  CHECK_THROWS_WITH_AS(Loader(from(folder), manifest), doctest::Contains("has 3 classes, but the images have 2"),
                       Error);
}

TEST_CASE("a list may contain the classes, whatever folders contain the images") {
  ImageFolder folder;
  for (int i = 0; i < 3; ++i) folder.write("all/" + std::to_string(i) + ".png", marked(16, 16, 10 * i));
  const std::string list = folder / "list";
  write_file(list, folder / "all/0.png" + "\tcat\n" + folder / "all/1.png" + "\tbig dog\n" + folder / "all/2.png" +
                       "\tcat\r\n");
  StageManifest manifest = stage(4, 16);
  manifest.network.classes = 2;
  DataOptions options = from(folder);
  options.operands = {"@" + list};
  Loader loader(options, manifest);
  CHECK(loader.classes() == std::vector<std::string>{"big dog", "cat"});
  const Batch batch = loader.next(0, 12);
  for (int64_t n = 0; n < 12; ++n)
    CHECK(batch.labels[n].item<int64_t>() == (std::lround(level(batch.high_res, n, 0, 0, 0)) == 10 ? 0 : 1));
  // One class for all images of a folder; a tab without a class is an error.
  write_file(list, folder / "all" + "\tcat\n");
  CHECK(Loader(options, stage(4, 16)).classes() == std::vector<std::string>{"cat"});
  write_file(list, folder / "all" + "\t\n");
  CHECK_THROWS_WITH_AS(Loader(options, manifest), doctest::Contains("is not followed by one tab and a class"),
                       DataError);
}

TEST_CASE("a padded image is centred, with its border repeated") {
  ImageFolder folder;
  Image image = make_image(3, 2);
  for (size_t i = 0; i < image.samples(); ++i) image.u8[i] = static_cast<uint8_t>(10 * (i / 3));  // 0 10 20 / 30 40 50
  folder.write("a.png", image);
  DataOptions options = from(folder);
  options.pad = 6;
  options.no_flip = true;
  StageManifest manifest = stage(3, 6);
  const Batch batch = Loader(options, manifest).next(0, 1);
  const int expected[6][6] = {{0, 0, 10, 20, 20, 20},   {0, 0, 10, 20, 20, 20},   {0, 0, 10, 20, 20, 20},
                              {30, 30, 40, 50, 50, 50}, {30, 30, 40, 50, 50, 50}, {30, 30, 40, 50, 50, 50}};
  for (int64_t y = 0; y < 6; ++y)
    for (int64_t x = 0; x < 6; ++x) CHECK(std::lround(level(batch.high_res, 0, 0, y, x)) == expected[y][x]);
}

TEST_CASE("grey examples have one channel, which equals the three colours if they are equal") {
  ImageFolder folder;
  Image image = make_image(16, 16);
  for (size_t i = 0; i < image.samples(); ++i) image.u8[i] = static_cast<uint8_t>(i / 3);
  folder.write("a.png", image);
  StageManifest manifest = stage(4, 16);
  manifest.image.channels = 1;
  DataOptions options = from(folder);
  options.no_flip = true;
  const Batch batch = Loader(options, manifest).next(0, 1);
  CHECK((batch.high_res.sizes() == at::IntArrayRef({1, 1, 16, 16})));
  CHECK((batch.condition.sizes() == at::IntArrayRef({1, 1, 16, 16})));
  CHECK((batch.low_res.sizes() == at::IntArrayRef({1, 1, 4, 4})));
  for (int64_t i = 0; i < 256; ++i) CHECK(std::lround(level(batch.high_res, 0, 0, i / 16, i % 16)) == i);
}

TEST_CASE("examples of a base stage have no condition") {
  ImageFolder folder;
  folder.write("p.png", noisy(16, 16, 1));
  StageManifest manifest = stage(0, 16);
  manifest.kind = "base";
  const Batch batch = Loader(from(folder), manifest).next(0, 2);
  CHECK(batch.high_res.size(0) == 2);
  CHECK(!batch.condition.defined());
  CHECK(!batch.low_res.defined());
}

TEST_CASE("with a random recipe low_res shows the crop, whatever surroundings are degraded with it") {
  ImageFolder folder;
  folder.write("large.png", noisy(150, 120, 1));
  folder.write("exact.png", noisy(16, 16, 2));
  folder.write("narrow.png", noisy(18, 90, 3));
  StageManifest manifest = stage(4, 16);
  // The mean of each 4x4 pixels, by which a shift of one pixel would show.
  manifest.low_res.recipe.operations = R"([{"do": "resize", "to": "result", "kernel": "box"}])";
  const Batch batch = Loader(from(folder), manifest).next(0, 90);
  const at::Tensor mean = batch.high_res.reshape({90, 3, 4, 4, 4, 4}).mean(5).mean(3);
  CHECK((batch.low_res - mean).abs().max().item<double>() < 0.51 / 127.5);
  // Without the recipe there are the same crops, shrunk by another kernel.
  manifest.low_res.recipe.operations = "";
  const Batch plain = Loader(from(folder), manifest).next(0, 90);
  CHECK(at::equal(plain.high_res, batch.high_res));
  CHECK_FALSE(at::equal(plain.low_res, batch.low_res));
}

TEST_CASE("a random recipe is applied to the crop with its surroundings, with the example's number as the key") {
  ImageFolder folder;
  const Image image = noisy(150, 120, 1);
  folder.write("large.png", image);
  StageManifest manifest = stage(4, 16);
  RecipeOptions& options = manifest.low_res.recipe;
  options.operations = recipe_text("real-esrgan");
  const Batch batch = Loader(from(folder, 5), manifest).next(0, 30);
  RecipeOptions quarter = options;
  quarter.scale = 4;
  const Recipe recipe(quarter);
  std::set<int64_t> phases;
  for (uint64_t e = 0; e < 30; ++e) {
    RandomStream random(5, e, kRandomCrop);
    const auto draw = [&](int64_t n) { return static_cast<int64_t>(random.below(static_cast<uint64_t>(n))); };
    const int64_t x = draw(150 - 16 + 1), y = draw(120 - 16 + 1), flip = draw(2);
    const auto begin = [&](int64_t at) { return at - 4 * draw(std::min<int64_t>(16, at / 4 + 1)); };
    const auto end = [&](int64_t at, int64_t size) { return at + 16 + 4 * std::min<int64_t>(8, (size - at - 16) / 4); };
    const int64_t left = begin(x), top = begin(y), right = end(x, 150), bottom = end(y, 120);
    Image part = crop(image, left, top, right - left, bottom - top);
    if (flip)
      for (int64_t row = 0; row < part.height; ++row)
        for (int64_t a = 0, b = part.width - 1; a < b; ++a, --b)
          for (int64_t c = 0; c < 3; ++c)
            std::swap(part.u8[static_cast<size_t>((row * part.width + a) * 3 + c)],
                      part.u8[static_cast<size_t>((row * part.width + b) * 3 + c)]);
    const int64_t from_left = (flip ? right - x - 16 : x - left) / 4, from_top = (y - top) / 4;
    phases.insert(from_left % 8);
    const Image low = crop(recipe(part, 5, e), from_left, from_top, 4, 4);
    for (int64_t row = 0; row < 4; ++row)
      for (int64_t column = 0; column < 4; ++column)
        for (int64_t c = 0; c < 3; ++c)
          REQUIRE(level(batch.low_res, static_cast<int64_t>(e), c, row, column) ==
                  low.u8[static_cast<size_t>((row * 4 + column) * 3 + c)]);
  }
  CHECK(phases.size() >= 6);  // of the 8 places of a crop among JPEG's blocks
}
