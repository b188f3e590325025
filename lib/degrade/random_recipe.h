// A random recipe: operations with probabilities and ranges, from which the steps of each image's degradation are drawn.
// degrade-recipe(5) documents its JSON; recipe_reader.cpp defines its keys, and a test compares page and code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "degrade/recipe_step.h"

namespace sr3 {

// A number to be drawn: one of the intervals, each as likely, and then any number in it.
struct RandomNumber {
  struct Interval {
    double low, high;
  };
  std::vector<Interval> intervals;

  double draw(RandomStream& random) const;
  // One of low, low + step, ..., each as likely.
  int64_t draw_whole(RandomStream& random, int64_t step = 1) const;
  // Whether it can only be this number.
  bool is(double value) const;
};

struct BlurOperation {
  BlurShape shape = BlurShape::kGaussian;
  bool anisotropic = false;  // both sigmas are drawn, and the angle from -pi to pi
  RandomNumber size, sigma, beta, cutoff;
};

struct SharpenOperation {
  RandomNumber amount, sigma, threshold;
};

struct ResizeOperation {
  bool to_result = false;
  RandomNumber factor;
  std::vector<Kernel> kernels;  // each as likely
  std::optional<Convention> convention;
};

struct NoiseOperation {
  bool poisson = false;
  RandomNumber strength;
  double grey = 0;  // probability
};

struct JpegOperation {
  RandomNumber quality;
  std::vector<bool> full_chroma;  // each as likely
};

struct Operation;
struct GroupOperation {
  enum class Kind { kAll, kShuffle, kOne } kind = Kind::kAll;  // in order; in random order; one of them, by weight
  int64_t repeat = 1;
  std::vector<Operation> operations = {};
};

struct Operation {
  double probability = 1, weight = 1;
  std::variant<BlurOperation, SharpenOperation, ResizeOperation, NoiseOperation, JpegOperation, GroupOperation> what;
};

class RandomRecipe {
 public:
  // Reads a recipe's JSON. DataError "cannot use 'r.json': line 3: unknown key 'sgma' (did you mean 'sigma'?)", which `prefix`
  // begins: "cannot use 'r.json': ". With the path of a recipe in another document, it is named instead of the line:
  // "'low_res.recipe.operations[2]': 'sigma' is ...".
  static RandomRecipe parse(std::string_view text, const std::string& prefix, const std::string& path = "");

  // The steps of one image, which depend on the seed and the image's index alone.
  std::vector<DrawnStep> draw(uint64_t seed, uint64_t index) const;

  const std::vector<Operation>& operations() const { return operations_; }
  // The recipe as parse() reads it, with its keys in the page's order and one line for each operation.
  const std::string& text() const { return text_; }

 private:
  std::vector<Operation> operations_;
  std::string text_;
};

// "do", "probability", ..., "blur.kernel", "blur.size", ..., "all.repeat": for the page's test.
std::vector<std::string> recipe_keys();

}  // namespace sr3
