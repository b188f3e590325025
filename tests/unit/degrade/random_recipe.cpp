#include "degrade/random_recipe.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "base/distribution.h"
#include "base/error.h"
#include "degrade/named_recipes.h"

using namespace sr3;

namespace {

RandomRecipe recipe(const std::string& text) { return RandomRecipe::parse(text, "cannot use 'r.json': "); }

// A recipe of one operation and the resize that each needs.
RandomRecipe only(const std::string& operation) {
  return recipe("[" + operation + R"(, {"do": "resize", "to": "result"}])");
}

constexpr uint64_t kDraws = 10000;

// Draws many times; each time `category` says which of the categories the steps are in. The counts agree with the probabilities:
// Pearson's chi-square is below its quantile of 0.9999.
void check_distribution(const RandomRecipe& what, const std::vector<double>& probabilities,
                        const std::function<size_t(const std::vector<DrawnStep>&)>& category) {
  std::vector<double> counts(probabilities.size());
  double draws = 0;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const size_t c = category(what.draw(7, i));
    if (c == SIZE_MAX) continue;  // not concerned
    REQUIRE(c < counts.size());
    ++counts[c], ++draws;
  }
  double sum = 0, chi_square = 0;
  for (const double p : probabilities) sum += p;
  for (size_t c = 0; c < counts.size(); ++c) {
    const double expected = draws * probabilities[c] / sum;
    REQUIRE(expected > 5);
    chi_square += (counts[c] - expected) * (counts[c] - expected) / expected;
  }
  // Wilson and Hilferty's approximation of the quantile; that of the normal distribution is exact.
  const double df = static_cast<double>(counts.size()) - 1;
  CHECK(chi_square < df * std::pow(1 - 2 / (9 * df) + normal_quantile(0.9999) * std::sqrt(2 / (9 * df)), 3));
}

// Which of ten equal parts of low..high a number is in.
size_t tenth(double value, double low, double high) {
  REQUIRE(value >= low);
  REQUIRE(value <= high);
  return std::min<size_t>(9, static_cast<size_t>((value - low) / (high - low) * 10));
}

const std::vector<double> kTenEqual(10, 1);

template <class T>
const T& first(const std::vector<DrawnStep>& steps) {
  return std::get<T>(steps.at(0));
}

bool is_jpeg(const DrawnStep& step) { return std::holds_alternative<DrawnJpeg>(step); }

}  // namespace

TEST_CASE("numbers are uniform in their ranges, and ranges are drawn alike") {
  const RandomRecipe blur = only(R"({"do": "blur", "kernel": "plateau", "anisotropic": true, "size": [7, 21],
      "sigma": [0.2, 3], "beta": [[1, 1], [1, 2]]})");
  using Steps = std::vector<DrawnStep>;
  check_distribution(blur, std::vector<double>(8, 1), [](const Steps& s) {
    const int64_t size = first<DrawnBlur>(s).size;
    REQUIRE(size % 2 == 1);
    return static_cast<size_t>((size - 7) / 2);
  });
  check_distribution(blur, kTenEqual, [](const Steps& s) { return tenth(first<DrawnBlur>(s).spread.sigma_x, 0.2, 3); });
  check_distribution(blur, kTenEqual, [](const Steps& s) { return tenth(first<DrawnBlur>(s).spread.sigma_y, 0.2, 3); });
  using std::numbers::pi;
  check_distribution(blur, kTenEqual, [](const Steps& s) { return tenth(first<DrawnBlur>(s).spread.angle, -pi, pi); });
  check_distribution(blur, {1, 1}, [](const Steps& s) { return size_t{first<DrawnBlur>(s).beta == 1}; });
  check_distribution(blur, kTenEqual, [](const Steps& s) {
    const double beta = first<DrawnBlur>(s).beta;
    return beta == 1 ? SIZE_MAX : tenth(beta, 1, 2);
  });
  // sigma_x and sigma_y are independent.
  check_distribution(blur, std::vector<double>(9, 1), [](const Steps& s) {
    const Spread& spread = first<DrawnBlur>(s).spread;
    const auto third = [](double v) { return std::min<size_t>(2, static_cast<size_t>((v - 0.2) / 2.8 * 3)); };
    return 3 * third(spread.sigma_x) + third(spread.sigma_y);
  });
  check_distribution(only(R"({"do": "jpeg", "quality": [30, 95], "subsampling": ["4:2:0", "4:4:4"]})"),
                     std::vector<double>(66, 1),
                     [](const Steps& s) { return static_cast<size_t>(first<DrawnJpeg>(s).quality - 30); });
  check_distribution(only(R"({"do": "jpeg", "quality": 50, "subsampling": ["4:2:0", "4:4:4"]})"), {1, 1},
                     [](const Steps& s) { return size_t{first<DrawnJpeg>(s).full_chroma}; });
  check_distribution(only(R"({"do": "resize", "factor": [0.15, 1.5], "kernel": ["box", "bilinear", "lanczos"]})"),
                     {1, 1, 1}, [](const Steps& s) {
                       tenth(first<DrawnResize>(s).factor, 0.15, 1.5);
                       const Kernel kernel = first<DrawnResize>(s).kernel;
                       REQUIRE(kernel != Kernel::kBicubic);
                       return std::min<size_t>(2, static_cast<size_t>(kernel));
                     });
  check_distribution(only(R"({"do": "noise", "sigma": [1, 30], "grey": 0.4})"), {0.6, 0.4},
                     [](const Steps& s) { return size_t{first<DrawnNoise>(s).grey}; });
  check_distribution(only(R"({"do": "noise", "kind": "poisson", "scale": [0.05, 3]})"), kTenEqual,
                     [](const Steps& s) { return tenth(first<DrawnNoise>(s).strength, 0.05, 3); });
}

TEST_CASE("groups: one by weight, all in order, shuffled in every order alike; probabilities and repeats") {
  using Steps = std::vector<DrawnStep>;
  const auto qualities = [](const Steps& steps) {
    std::string text;
    for (const DrawnStep& step : steps)
      if (const auto* jpeg = std::get_if<DrawnJpeg>(&step)) text += std::to_string(jpeg->quality);
    return text;
  };
  const std::string three =
      R"("operations": [{"do": "jpeg", "quality": 1}, {"do": "jpeg", "quality": 2}, {"do": "jpeg", "quality": 3}])";
  const RandomRecipe all = only(R"({"do": "all", "repeat": 2, )" + three + "}");
  CHECK(qualities(all.draw(1, 1)) == "123123");
  const std::vector<std::string> orders = {"123", "132", "213", "231", "312", "321"};
  check_distribution(only(R"({"do": "shuffle", )" + three + "}"), std::vector<double>(6, 1), [&](const Steps& steps) {
    return static_cast<size_t>(std::find(orders.begin(), orders.end(), qualities(steps)) - orders.begin());
  });
  check_distribution(only(R"({"do": "one", "operations": [{"do": "jpeg", "weight": 5, "quality": 1},
      {"do": "jpeg", "quality": 2}, {"do": "jpeg", "weight": 2.5, "quality": 3}]})"),
                     {5, 1, 2.5}, [&](const Steps& steps) { return static_cast<size_t>(qualities(steps)[0] - '1'); });
  // Each repetition draws anew.
  const std::vector<std::string> pairs = {"11", "12", "21", "22"};
  check_distribution(
      only(R"({"do": "one", "repeat": 2, "operations": [{"do": "jpeg", "quality": 1},
      {"do": "jpeg", "quality": 2}]})"),
      {1, 1, 1, 1}, [&](const Steps& steps) {
        return static_cast<size_t>(std::find(pairs.begin(), pairs.end(), qualities(steps)) - pairs.begin());
      });
  check_distribution(only(R"({"do": "jpeg", "probability": 0.2, "quality": 9})"), {0.8, 0.2},
                     [](const Steps& steps) { return steps.size() - 1; });
  CHECK(only(R"({"do": "jpeg", "probability": 0, "quality": 9})").draw(0, 0).size() == 1);
}

TEST_CASE("the steps depend on the seed and the index alone") {
  const RandomRecipe esrgan = recipe(recipe_text("real-esrgan"));
  const auto text = [&](uint64_t seed, uint64_t index) {
    std::string all;
    for (const DrawnStep& step : esrgan.draw(seed, index)) all += step_text(step) + "; ";
    return all;
  };
  CHECK(text(3, 4) == text(3, 4));
  CHECK(text(3, 4) != text(3, 5));
  CHECK(text(3, 4) != text(4, 4));
}

TEST_CASE("real-esrgan has the frequencies of its paper's settings") {
  using Steps = std::vector<DrawnStep>;
  const RandomRecipe esrgan = recipe(recipe_text("real-esrgan"));
  REQUIRE(std::holds_alternative<DrawnSharpen>(esrgan.draw(0, 0)[0]));
  // Sinc; then each shape, isotropic and anisotropic.
  check_distribution(esrgan, {0.1, 0.405, 0.225, 0.108, 0.027, 0.108, 0.027}, [](const Steps& s) {
    const auto& blur = std::get<DrawnBlur>(s[1]);
    const size_t turned = blur.spread.sigma_x != blur.spread.sigma_y;
    return blur.shape == BlurShape::kSinc ? 0 : 1 + 2 * static_cast<size_t>(blur.shape) + turned;
  });
  check_distribution(esrgan, std::vector<double>(8, 1),
                     [](const Steps& s) { return static_cast<size_t>(std::get<DrawnBlur>(s[1]).size - 7) / 2; });
  // The cut-off of a small sinc kernel is above pi / 3, that of a large one above pi / 5.
  using std::numbers::pi;
  for (uint64_t i = 0; i < kDraws; ++i)
    if (const auto blur = std::get<DrawnBlur>(esrgan.draw(1, i)[1]); blur.shape == BlurShape::kSinc)
      tenth(blur.cutoff, blur.size < 13 ? pi / 3 - 1e-4 : pi / 5 - 1e-4, pi + 1e-4);
  check_distribution(esrgan, {0.2, 0.7, 0.1}, [](const Steps& s) {
    const double factor = std::get<DrawnResize>(s[2]).factor;
    return factor == 1 ? size_t{2} : size_t{factor < 1};
  });
  check_distribution(esrgan, {1, 1}, [](const Steps& s) { return size_t{std::get<DrawnNoise>(s[3]).poisson}; });
  // A second blur four times in five; the last sinc filter too, before or after the JPEG.
  const auto second_blur = [](const Steps& s) { return size_t{std::holds_alternative<DrawnBlur>(s[5])}; };
  check_distribution(esrgan, {0.2, 0.8}, second_blur);
  check_distribution(esrgan, {1, 1}, [](const Steps& s) { return size_t{is_jpeg(s.back())}; });
  check_distribution(esrgan, {0.2, 0.8}, [&](const Steps& s) {
    const size_t after_first_pass = 5 + second_blur(s) + 2;  // sharpen, pass; blur?, resize, noise
    return s.size() - after_first_pass - 2;
  });
}

TEST_CASE("named recipes are read from their own text, and are what they say") {
  for (const NamedRecipe& named : named_recipes()) {
    const std::string text = recipe_text(named.name);
    CHECK(recipe(text).text() == text);
  }
  const std::vector<DrawnStep> bicubic = recipe(recipe_text("bicubic")).draw(0, 0);
  REQUIRE(bicubic.size() == 1);
  CHECK(step_text(bicubic[0]) == "resize result bicubic");
  CHECK(first<DrawnResize>(bicubic).convention == Convention::kPillow);
  for (uint64_t i = 0; i < 1000; ++i)
    for (const DrawnStep& step : recipe(recipe_text("sr3-plus")).draw(0, i)) {
      CHECK(!std::holds_alternative<DrawnNoise>(step));
      CHECK(!std::holds_alternative<DrawnSharpen>(step));
    }
  CHECK_THROWS_WITH_AS(recipe_text("real-esrgam"),
                       "--recipe: 'real-esrgam' is neither a file nor a recipe's name (did you mean 'real-esrgan'?); "
                       "--recipe list shows the names",
                       UsageError);
  CHECK_THROWS_AS(recipe_text("no/such/file.json"), Error);
}

TEST_CASE("the text of a recipe has its keys in order, and one line for each operation") {
  CHECK(recipe(R"([{"sigma":2,"do":"blur","probability":0.5},{"operations":[{"do":"resize","to":"result"},
      {"quality":[30,95],"do":"jpeg"}],"do":"shuffle"}])")
            .text() ==
        R"([
  {"do": "blur", "probability": 0.5, "sigma": 2},
  {"do": "shuffle", "operations": [
    {"do": "resize", "to": "result"},
    {"do": "jpeg", "quality": [30, 95]}
  ]}
]
)");
}

TEST_CASE("a recipe that is wrong is refused by line and key") {
  const auto wrong = [](const std::string& text, const std::string& message) {
    CHECK_THROWS_WITH_AS(recipe(text), ("cannot use 'r.json': " + message).c_str(), DataError);
  };
  const std::string list = "a recipe is a list of operations, such as [{\"do\": \"resize\", \"to\": \"result\"}]";
  wrong("{}", "line 1: " + list);
  wrong("\n[]", "line 2: " + list);
  wrong("[3]", "line 1: an operation is an object, such as {\"do\": \"blur\", \"sigma\": 2}");
  wrong("[{}]", "line 1: the key 'do' is missing: one of blur, sharpen, resize, noise, jpeg, all, shuffle, one");
  wrong("[{\"do\": \"blurr\"}]",
        "line 1: 'do' is 'blurr', not one of blur, sharpen, resize, noise, jpeg, all, shuffle, one "
        "(did you mean 'blur'?)");
  wrong("[{\"do\": 1}]", "line 1: 'do' is not a word: one of blur, sharpen, resize, noise, jpeg, all, shuffle, one");
  // wrong_key(operation, message): of an operation on the second line
  const auto wrong_key = [&](const std::string& operation, const std::string& message) {
    wrong("[\n" + operation + ", {\"do\": \"resize\", \"to\": \"result\"}]", "line 2: " + message);
  };
  wrong_key(R"({"do": "blur", "sgima": 2})", "unknown key 'sgima' of 'blur' (did you mean 'sigma'?)");
  wrong_key(R"({"do": "jpeg", "sigma": 2})", "unknown key 'sigma' of 'jpeg'");
  wrong_key(R"({"do": "blur", "weight": 1, "sigma": 2})", "'weight' is for the operations of 'one'");
  wrong_key(R"({"do": "blur"})", "'blur' needs the key 'sigma'");
  wrong_key(R"({"do": "blur", "sigma": 0})", "'sigma' is 0, not in the range >0 to 1000");
  wrong_key(R"({"do": "blur", "sigma": "2"})", "'sigma' is not a number, [low, high] or [[low, high], ...]");
  wrong_key(R"({"do": "blur", "sigma": [1, 2, 3]})", "'sigma' is a list of 3, not [low, high]");
  wrong_key(R"({"do": "blur", "sigma": []})", "'sigma' is a list of 0, not [low, high]");
  wrong_key(R"({"do": "blur", "sigma": [[1, 2], [3]]})", "'sigma' is a list of 1, not [low, high]");
  wrong_key(R"({"do": "blur", "sigma": [3, 2.5]})", "'sigma' goes from 3 down to 2.5");
  wrong_key(R"({"do": "blur", "sigma": 2, "size": 8})", "'size' is 8, not an odd number");
  wrong_key(R"({"do": "blur", "sigma": 2, "size": [3, 9.5]})", "'size' is 9.5, not an odd number");
  wrong_key(R"({"do": "blur", "sigma": 2, "size": 999})", "'size' is 999, not in the range 1 to 255");
  wrong_key(R"({"do": "blur", "sigma": 2, "anisotropic": 1})", "'anisotropic' is not true or false");
  wrong_key(R"({"do": "blur", "sigma": 2, "beta": 1})", "'beta' has no effect with the kernel 'gaussian'");
  wrong_key(R"({"do": "blur", "sigma": 2, "cutoff": 1})", "'cutoff' has no effect with the kernel 'gaussian'");
  wrong_key(R"({"do": "blur", "kernel": "sinc", "sigma": 2, "cutoff": 1})",
            "'sigma' has no effect with the kernel 'sinc'");
  wrong_key(R"({"do": "blur", "kernel": "sinc", "cutoff": 4})", "'cutoff' is 4, not in the range >0 to 3.1416");
  wrong_key(R"({"do": "blur", "kernel": "generalized", "sigma": 2, "beta": 1})",
            "'kernel' is 'generalized', not one of gaussian, generalised, plateau, sinc (did you mean 'generalised'?)");
  wrong_key(R"({"do": "resize", "factor": 17})", "'factor' is 17, not in the range >0 to 16");
  wrong_key(R"({"do": "resize", "kernel": []})", "'kernel' is an empty list");
  wrong_key(R"({"do": "resize", "kernel": ["box", "lanczos"], "convention": "interpolate"})",
            "the convention 'interpolate' has no kernel 'lanczos'");
  wrong_key(R"({"do": "noise", "scale": 2})", "'scale' has no effect with the kind 'gaussian'");
  wrong_key(R"({"do": "noise", "kind": "poisson", "sigma": 2})", "'sigma' has no effect with the kind 'poisson'");
  wrong_key(R"({"do": "noise", "sigma": 2, "grey": true})", "'grey' is not a number");
  wrong_key(R"({"do": "jpeg"})", "'jpeg' needs the key 'quality'");
  wrong_key(R"({"do": "jpeg", "quality": 0})", "'quality' is 0, not in the range 1 to 100");
  wrong_key(R"({"do": "jpeg", "quality": [30, 60.5]})", "'quality' is 60.5, not an integer");
  wrong_key(R"({"do": "jpeg", "quality": 50, "probability": 1.5})", "'probability' is 1.5, not in the range 0 to 1");
  wrong_key(R"({"do": "all"})", "'all' needs the key 'operations': a list of at least one operation");
  wrong_key(R"({"do": "one", "operations": []})", "'one' needs the key 'operations': a list of at least one operation");
  wrong_key(R"({"do": "all", "repeat": 1.5, "operations": [{"do": "jpeg", "quality": 3}]})",
            "'repeat' is not an integer");
  wrong_key(R"({"do": "one", "operations": [{"do": "jpeg", "weight": 0, "quality": 3}]})",
            "'weight' is 0, not in the range > 0");
  std::string deep = R"({"do": "jpeg", "quality": 3})";
  for (int i = 0; i < 4; ++i) deep = R"({"do": "all", "repeat": 10, "operations": [)" + deep + "]}";
  wrong("[" + deep + R"(, {"do": "resize", "to": "result"}])", "line 1: the recipe can make more than 1000 steps");
  CHECK_THROWS_WITH_AS(
      RandomRecipe::parse(R"([{"do": "one", "operations": [{"do": "blur", "sigma": -1}]}])",
                          "cannot use 's.json': ", "low_res.recipe.operations"),
      "cannot use 's.json': 'low_res.recipe.operations[0].operations[0]': 'sigma' is -1, not in the range "
      ">0 to 1000",
      DataError);
}

TEST_CASE("a recipe always ends at the result's size") {
  const std::string to = R"({"do": "resize", "to": "result"})", off = R"({"do": "resize", "factor": 0.5})",
                    some = R"({"do": "jpeg", "quality": 50})";
  const auto ends = [](const std::string& operations) {
    try {
      recipe("[" + operations + "]");
      return true;
    } catch (const DataError& error) {
      CHECK(std::string(error.what()).find("does not always end at the result's size") != std::string::npos);
      return false;
    }
  };
  const auto group = [](const std::string& kind, const std::string& operations) {
    return R"({"do": ")" + kind + R"(", "operations": [)" + operations + "]}";
  };
  CHECK(ends(to));
  CHECK(ends(off + "," + to + "," + some));
  CHECK_FALSE(ends(some));
  CHECK_FALSE(ends(to + "," + off));
  CHECK_FALSE(ends(R"({"do": "resize", "to": "result", "probability": 0.9})"));
  CHECK_FALSE(ends(R"({"do": "resize", "to": "result", "factor": [0.9, 1]})"));
  CHECK(ends(to + R"(, {"do": "resize", "factor": 1})"));
  CHECK(ends(to + R"(, {"do": "resize", "probability": 0, "factor": 2})"));
  CHECK(ends(group("all", off + "," + to)));
  CHECK_FALSE(ends(group("shuffle", off + "," + to)));
  CHECK(ends(group("shuffle", some + "," + to)));
  CHECK_FALSE(ends(group("one", some + "," + to)));
  CHECK(ends(group("one", to + "," + to)));
  CHECK(ends(to + "," + group("one", some + "," + to)));
  CHECK_FALSE(ends(to + "," + group("one", some + "," + off)));
}
