#include "degrade/named_recipes.h"

#include <algorithm>
#include <filesystem>

#include "base/closest_word.h"
#include "base/error.h"
#include "base/file.h"
#include "degrade/random_recipe.h"

namespace sr3 {
namespace {

// Real-ESRGAN's blur (options/train_realesrgan_x4plus.yml): a sinc one time in ten, whose range of cut-offs depends on its size,
// and else one of six kernels.
std::string esrgan_blur(const std::string& sigma, const char* probability = "") {
  const auto kernel = [&](const char* weight, const char* shape, const char* rest) {
    return cat(R"({"do": "blur", "weight": )", weight, R"(, "kernel": ")", shape, R"(", "size": [7, 21], "sigma": )",
               sigma, rest, "}");
  };
  return cat(R"({"do": "one", )", probability, R"("operations": [
    {"do": "one", "weight": 0.1, "operations": [
      {"do": "blur", "weight": 3, "kernel": "sinc", "size": [7, 11], "cutoff": [1.0472, 3.1416]},
      {"do": "blur", "weight": 5, "kernel": "sinc", "size": [13, 21], "cutoff": [0.62832, 3.1416]}]},
    {"do": "one", "weight": 0.9, "operations": [)",
             kernel("0.45", "gaussian", ""), ",", kernel("0.25", "gaussian", R"(, "anisotropic": true)"), ",",
             kernel("0.12", "generalised", R"(, "beta": [[0.5, 1], [1, 4]])"), ",",
             kernel("0.03", "generalised", R"(, "anisotropic": true, "beta": [[0.5, 1], [1, 4]])"), ",",
             kernel("0.12", "plateau", R"(, "beta": [[1, 1], [1, 2]])"), ",",
             kernel("0.03", "plateau", R"(, "anisotropic": true, "beta": [[1, 1], [1, 2]])"), "]}]}");
}

// Up, down or neither. to: current or result.
std::string esrgan_resize(const std::string& to, const char* up, const char* most, const char* down, const char* least,
                          const char* keep) {
  const auto resize = [&](const char* weight, const std::string& factor) {
    return cat(R"({"do": "resize", "weight": )", weight, R"(, "to": ")", to, R"(", "factor": )", factor,
               R"(, "kernel": ["box", "bilinear", "bicubic"], "convention": "interpolate"})");
  };
  return cat(R"({"do": "one", "operations": [)", resize(up, cat("[1, ", most, "]")), ",",
             resize(down, cat("[", least, ", 1]")), ",", resize(keep, "1"), "]}");
}

std::string esrgan_noise(const char* sigma, const char* scale) {
  return cat(R"({"do": "one", "operations": [
    {"do": "noise", "kind": "gaussian", "sigma": [1, )",
             sigma, R"(], "grey": 0.4},
    {"do": "noise", "kind": "poisson", "scale": [0.05, )",
             scale, R"(], "grey": 0.4}]})");
}

constexpr const char* kEsrganJpeg = R"({"do": "jpeg", "quality": [30, 95]})";

// The last resize with a sinc filter, before or after the last JPEG.
const std::string kEsrganEnd = cat(R"({"do": "shuffle", "operations": [
    {"do": "all", "operations": [
      {"do": "resize", "to": "result", "kernel": ["box", "bilinear", "bicubic"], "convention": "interpolate"},
      {"do": "blur", "probability": 0.8, "kernel": "sinc", "size": [7, 21], "cutoff": [1.0472, 3.1416]}]},
    )",
                                   kEsrganJpeg, "]}");

std::string real_esrgan() {
  return cat("[", R"({"do": "sharpen"},)", esrgan_blur("[0.2, 3]"), ",",
             esrgan_resize("current", "0.2", "1.5", "0.7", "0.15", "0.1"), ",", esrgan_noise("30", "3"), ",",
             kEsrganJpeg, ",", esrgan_blur("[0.2, 1.5]", R"("probability": 0.8, )"), ",",
             esrgan_resize("result", "0.3", "1.2", "0.4", "0.3", "0.3"), ",", esrgan_noise("25", "2.5"), ",",
             kEsrganEnd, "]");
}

// Without noise, which SR3+ leaves to the noise of the condition, and without sharpening.
std::string sr3_plus() {
  return cat("[", esrgan_blur("[0.2, 3]"), ",", esrgan_resize("current", "0.2", "1.5", "0.7", "0.15", "0.1"), ",",
             kEsrganJpeg, ",", esrgan_blur("[0.2, 1.5]", R"("probability": 0.8, )"), ",",
             esrgan_resize("result", "0.3", "1.2", "0.4", "0.3", "0.3"), ",", kEsrganEnd, "]");
}

}  // namespace

const std::vector<NamedRecipe>& named_recipes() {
  static const std::vector<NamedRecipe> all = {
      {"bicubic", "a bicubic resize, as without a recipe",
       R"([{"do": "resize", "to": "result", "kernel": "bicubic", "convention": "pillow"}])"},
      {"sr3-plus", "two passes of blur, resize and JPEG, without noise (Sahak et al. 2023)", sr3_plus()},
      {"real-esrgan", "two passes of blur, resize, noise and JPEG (Wang et al. 2021)", real_esrgan()},
  };
  return all;
}

std::string recipe_text(const std::string& name_or_file) {
  std::vector<std::string> names;
  for (const NamedRecipe& recipe : named_recipes()) {
    names.push_back(recipe.name);
    if (recipe.name == name_or_file)
      return RandomRecipe::parse(recipe.operations, cat("cannot use '", recipe.name, "': ")).text();
  }
  std::error_code none;
  const bool path = name_or_file.find_first_of("./") != std::string::npos;
  if (!path && !std::filesystem::exists(name_or_file, none)) {
    throw UsageError(cat("--recipe: '", name_or_file, "' is neither a file nor a recipe's name",
                         did_you_mean(names, name_or_file), "; --recipe list shows the names"));
  }
  const std::string text = read_text(name_or_file, /*max_bytes=*/uint64_t{1} << 20);
  return RandomRecipe::parse(text, cat("cannot use '", name_or_file, "': ")).text();
}

std::string recipe_list() {
  std::string text = "recipe\tdegradation\n";
  for (const NamedRecipe& recipe : named_recipes()) text += cat(recipe.name, "\t", recipe.text, "\n");
  return text;
}

}  // namespace sr3
