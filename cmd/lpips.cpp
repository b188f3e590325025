// lpips: the learned perceptual distance of image pairs (lib/lpips/lpips.h).
// Each set is joined with the reference by key (lib/stream/join.h). See lpips(1).
#include <algorithm>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/signals.h"
#include "base/table.h"
#include "base/utf8.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "degrade/recipe.h"
#include "lpips/lpips.h"
#include "stream/join.h"
#include "tensor/device.h"

using namespace sr3;

namespace {

struct LpipsProgram {
  std::string backbone, linear, device = "auto";
  int64_t scale = 0;
  ReaderOptions reader;
  bool json = false;

  void declare(Options& options) {
    options.group(groups::kMetrics);
    options.add("backbone", 0, &backbone, "FILE", "torchvision's weights of AlexNet, VGG16 or SqueezeNet 1.1");
    options.add("linear", 0, &linear, "FILE", "LPIPS' linear layers for this network: alex.pth, vgg.pth, squeeze.pth");
    options.add("scale", 's', &scale, "N", at_least(0),
                "first crop reference images right and bottom to a multiple of N; 0: do not");
    options.add("json", 0, &json, "JSON lines instead of a table");
    options.group(groups::kComputation);
    cli::declare_device(options, &device);
    cli::declare_threads(options, &reader.threads);
    reader.declare(options);
  }
};

struct Distance {
  std::string name;
  int64_t index;
  double value;
};

double distance_of(const LpipsProgram& program, const Lpips& lpips, const std::vector<Frame>& pair) {
  try {
    RecipeOptions crop;
    crop.scale = std::max<int64_t>(program.scale, 1);
    return lpips(Recipe(crop).cropped(pair[0].image), pair[1].image);
  } catch (const DataError& error) {
    throw DataError(cat("cannot score '", pair[1].origin, "': ", error.what()));
  }
}

// A row of the table: of an image, or the mean of `images`.
std::string row(const LpipsProgram& program, const Lpips& lpips, const std::string& name, double value,
                int64_t images = 0, bool show_images = false) {
  if (program.json) {
    nlohmann::ordered_json object = {{"name", utf8_from_bytes(name)}};
    if (images > 0) object["images"] = images;
    object["network"] = lpips.network();
    object["lpips"] = value;
    return object.dump() + "\n";
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", value);
  return cat(plain_cell(name), show_images ? cat("\t", images) : "", "\t", text, "\n");
}

// The distances of a set, in the order of the reference; up to the error, if there was one.
struct MeasuredSet {
  std::vector<Distance> distances;
  int status = kDone;
  std::exception_ptr error;
};

MeasuredSet measure(cli::App& app, const LpipsProgram& program, const Lpips& lpips,
                    const std::vector<std::string>& inputs) {
  MeasuredSet set;
  try {
    Join join(inputs, program.reader);
    Meter meter(app.progress, "images", join.expected().value_or(-1));
    while (auto pair = join.next()) {
      set.distances.push_back({(*pair)[0].key, (*pair)[0].index, distance_of(program, lpips, *pair)});
      meter.update(static_cast<double>(set.distances.size()));
      StopSignals::check(cat(set.distances.size(), " images"));
    }
    meter.finish();
    if (join.joined() == 0) throw DataError("nothing to measure: no images");
    set.status = join.status();
  } catch (const Error&) {
    set.error = std::current_exception();
  }
  std::stable_sort(set.distances.begin(), set.distances.end(),
                   [](const auto& a, const auto& b) { return a.index < b.index; });
  return set;
}

int run_program(cli::App& app) {
  LpipsProgram program;
  program.declare(app.options);
  app.parse();
  const std::vector<std::string>& inputs = app.operands();
  if (inputs.size() < 2)
    throw UsageError("two inputs are needed, or more: the reference images and those to be measured");
  if (std::count(inputs.begin(), inputs.end(), "-") > (inputs[0] == "-" && inputs.size() > 2 ? 0 : 1))
    throw UsageError("only one input can be standard input, '-', and of several sets not the reference");
  if (program.backbone.empty() || program.linear.empty())
    throw UsageError(
        "--backbone and --linear are needed: the weights of the network, such as torchvision's "
        "alexnet-owt-7be5be79.pth, and LPIPS' linear layers for it, such as weights/v0.1/alex.pth of the Python "
        "package lpips");
  check_stdout();
  use_threads(program.reader.threads);
  const Lpips lpips = open_lpips(program.backbone, program.linear, open_device(program.device));
  const StopSignals signals;
  int status = kDone;
  std::exception_ptr failure;
  const bool several = inputs.size() > 2;
  bool measured = false;
  std::string table;
  if (!program.json) table = cat(several ? "name\timages" : "name", "\tlpips_", lpips.network(), "\n");
  for (size_t i = 1; i < inputs.size(); ++i) {
    const auto [distances, set_status, error] = measure(app, program, lpips, {inputs[0], inputs[i]});
    double sum = 0;
    for (const Distance& one : distances) {
      sum += one.value;
      if (!several) table += row(program, lpips, one.name, one.value);
    }
    // What is measured is not lost, but a mean of some images would be taken for that of all: of several sets, the others are
    // measured.
    if (error && !several) {
      if (!distances.empty()) print_table(table);
      std::rethrow_exception(error);
    }
    if (error) {
      if (failure) cli::print_error(error);
      if (!failure) failure = error;
      if (StopSignals::received()) break;
      continue;
    }
    measured = true;
    status = std::max(status, set_status);
    if (distances.empty()) continue;  // a shard without images
    const auto images = static_cast<int64_t>(distances.size());
    table += row(program, lpips, several ? inputs[i] : "mean", sum / static_cast<double>(images), images, several);
  }
  if (measured || !failure) print_table(table);
  if (failure) std::rethrow_exception(failure);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("lpips", "learned perceptual distance of image pairs",
                  "--backbone FILE --linear FILE [-s N] REFERENCE IMAGES...", argc, argv, run_program);
}
