// nearest: whether generated images repeat training images.
// All images are brought to one size as in a training (lib/degrade/recipe.h) and compared pixel by pixel
// (lib/metrics/nearest.h). See nearest(1).
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/table.h"
#include "cli/run.h"
#include "degrade/recipe.h"
#include "metrics/nearest.h"
#include "metrics/nearest_table.h"
#include "stream/operands.h"
#include "stream/reader.h"
#include "stream/writer.h"

using namespace sr3;

namespace {

// As many training images are compared at once, or as many as take this many bytes.
constexpr size_t kAtOnce = 64, kBytesAtOnce = size_t{32} << 20;

struct NearestProgram {
  std::string size, held_out, output;
  int64_t pad = 0, neighbours = 50;
  double threshold = 0.5;
  bool no_flip = false, per_image = false, json = false;
  ReaderOptions reader;

  void declare(Options& options) {
    options.group(groups::kMetrics);
    options.add("held-out", 0, &held_out, "INPUT", "real images that were not trained on, for comparison");
    options.add("size", 0, &size, "WxH", "compare at this size; default: that of the generated images");
    options.add("pad", 0, &pad, "N", within(0, 65536),
                "first pad smaller training and held-out images to N x N pixels by repeating their border");
    options.add("neighbours", 0, &neighbours, "K", at_least(2),
                "nearest training images that a distance is relative to");
    options.add("threshold", 0, &threshold, "X", between(0, 1), "an image is a copy if its ratio is below X");
    options.add("no-flip", 0, &no_flip, "do not compare with mirrored training images");
    options.add("per-image", 0, &per_image, "a row for each image, instead of one for each set");
    options.add("json", 0, &json, "JSON lines instead of a table");
    options.add("output", 'o', &output, "DIR", "write the nearest training image of each generated one");
    reader.declare(options);
  }
};

struct Images {
  std::vector<std::string> keys;
  std::vector<Image> images;
  int status = kDone;
};

// The largest central part of the shape, resized to the size, in 8 bits: how training programs take whole images.
Recipe fitting(const std::string& size) {
  RecipeOptions options;
  options.size = size;
  options.center_crop = true;
  options.kernel = "box";
  return Recipe(options);
}

// How images are brought to the size; without a recipe they have it.
struct Preparation {
  std::optional<Recipe> recipe;
  int64_t pad = 0;
};

void fit(Frame& frame, const Preparation& preparation) {
  try {
    if (preparation.pad > 0) frame.image = padded(frame.image, preparation.pad);
    if (preparation.recipe) frame.image = (*preparation.recipe)(frame.image, 0, 0);
  } catch (const DataError& error) {
    throw DataError(cat("cannot use '", frame.origin, "': ", error.what()));
  }
  if (frame.image.depth != 8) frame.image = with_depth(frame.image, 8);
}

// Takes all images of the operands, which must be of one size.
Images take(const std::vector<std::string>& operands, const ReaderOptions& options, const Preparation& preparation) {
  Images taken;
  Reader reader(operands, options, [&](Frame& frame) { fit(frame, preparation); });
  while (auto frame = reader.next()) {
    Image& image = frame->image;
    if (!taken.images.empty() && (image.width != taken.images[0].width || image.height != taken.images[0].height))
      throw DataError(cat("cannot compare '", frame->origin, "': it has ", image.width, "x", image.height,
                          " pixels, and those before it ", taken.images[0].width, "x", taken.images[0].height,
                          " (--size brings all to one size)"));
    taken.keys.push_back(frame->key);
    taken.images.push_back(std::move(image));
  }
  taken.status = reader.status();
  return taken;
}

// Compares the images with all training images. Returns the training's status.
int search(cli::App& app, const ReaderOptions& options, const Preparation& preparation,
           const std::vector<std::string>& training, NearestSearch& among) {
  Reader reader(training, options, [&](Frame& frame) { fit(frame, preparation); });
  Workers workers(options.threads);
  Meter meter(app.progress, "training images", reader.expected().value_or(-1));
  std::vector<NearestSearch::TrainingImage> some;
  for (bool more = true; more;) {
    auto frame = reader.next();
    more = frame.has_value();
    if (more) some.push_back({frame->key, std::move(frame->image)});
    const size_t bytes = some.empty() ? 0 : some.size() * some[0].image.u8.size();
    if (some.size() < kAtOnce && bytes < kBytesAtOnce && more) continue;
    among.add(some, workers);
    some.clear();
    meter.update(among.seen());
  }
  meter.finish();
  if (among.seen() < 2) throw DataError("too few training images: at least 2 are needed");
  return reader.status();
}

// The files that are read, so far as they are known before.
std::set<std::pair<dev_t, ino_t>> files_of(const std::vector<std::string>& operands) {
  std::set<std::pair<dev_t, ino_t>> files;
  struct stat status;
  for (const Part& part : known_parts(operands))
    if (part.path != "-" && ::stat(part.path.c_str(), &status) == 0) files.insert({status.st_dev, status.st_ino});
  return files;
}

// The results have the names of generated images, which other images may have, too. UsageError if one would be overwritten.
void refuse_to_overwrite(const std::string& folder, const std::vector<std::string>& keys,
                         const std::set<std::pair<dev_t, ino_t>>& files) {
  struct stat status;
  for (const std::string& key : keys)
    if (const std::string path = cat(folder, key, ".png");
        ::stat(path.c_str(), &status) == 0 && files.contains({status.st_dev, status.st_ino}))
      throw UsageError(cat("-o: '", path, "' is also an input, and would be overwritten; name another folder"));
}

int run_program(cli::App& app) {
  NearestProgram program;
  program.declare(app.options);
  app.parse();
  const std::vector<std::string>& operands = app.operands();
  if (operands.size() < 2)
    throw UsageError("two inputs are needed, or more: the generated images, then the training images");
  const std::vector<std::string> generated = {operands[0]}, training(operands.begin() + 1, operands.end());
  if (std::count(operands.begin(), operands.end(), "-") + (program.held_out == "-") > 1)
    throw UsageError("only one input can be standard input, '-'");
  check_stdout();
  std::optional<Writer> writer;
  if (!program.output.empty()) {
    WriterOptions options;
    options.output = program.output = program.output.ends_with('/') ? program.output : program.output + "/";
    options.threads = program.reader.threads;
    writer.emplace(options, generated);
  }

  ReaderOptions whole = program.reader;  // a shard is one of the generated images
  whole.shard.clear();
  Preparation preparation;
  if (!program.size.empty()) preparation.recipe.emplace(fitting(program.size));
  Images images = take(generated, program.reader, preparation);
  if (images.images.empty() && program.reader.shard.empty()) throw DataError("nothing to compare: no images");
  if (images.images.empty()) {  // a shard without images has a table without rows
    print_table(program.per_image ? nearest_table({}, program.threshold, program.json)
                                  : copies_table({}, program.threshold, program.json));
    return images.status;
  }
  if (writer) {
    std::vector<std::string> others = training;
    if (!program.held_out.empty()) others.push_back(program.held_out);
    refuse_to_overwrite(program.output, images.keys, files_of(others));
  }
  const Image& first = images.images[0];
  if (!preparation.recipe) preparation.recipe.emplace(fitting(cat(first.width, "x", first.height)));
  preparation.pad = program.pad;
  int status = images.status;
  const size_t count = images.images.size();
  if (!program.held_out.empty()) {
    Images others = take({program.held_out}, whole, preparation);
    if (others.images.empty()) throw DataError(cat("no images in '", program.held_out, "'"));
    status = std::max(status, others.status);
    std::move(others.images.begin(), others.images.end(), std::back_inserter(images.images));
    std::move(others.keys.begin(), others.keys.end(), std::back_inserter(images.keys));
  }
  NearestSearch among(std::move(images.images), program.neighbours, !program.no_flip, writer.has_value());
  status = std::max(status, search(app, whole, preparation, training, among));

  const std::vector<Nearest> all = among.nearest();
  std::vector<ComparedSet> sets;
  const auto set_of = [&](const std::string& name, size_t begin, size_t end) {
    ComparedSet set{name, {}};
    for (size_t i = begin; i < end; ++i) set.images.push_back({images.keys[i], all[i]});
    return set;
  };
  sets.push_back(set_of(operands[0], 0, count));
  if (!program.held_out.empty()) sets.push_back(set_of(program.held_out, count, all.size()));
  print_table(program.per_image ? nearest_table(sets, program.threshold, program.json)
                                : copies_table(sets, program.threshold, program.json));
  for (size_t i = 0; writer && i < count; ++i) {
    Frame frame;
    frame.image = among.images()[i];
    frame.key = images.keys[i];
    frame.origin = all[i].key;
    writer->write(std::move(frame));
  }
  if (writer) writer->close();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("nearest", "whether generated images repeat training images",
                  "[--held-out INPUT] [-o DIR] GENERATED TRAINING...", argc, argv, run_program);
}
