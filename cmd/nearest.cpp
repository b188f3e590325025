// nearest: whether generated images repeat training images.
// All images are brought to one size as in a training (lib/metrics/nearest_images.h) and compared pixel by pixel
// (lib/metrics/nearest.h). See nearest(1).
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/table.h"
#include "cli/run.h"
#include "metrics/nearest.h"
#include "metrics/nearest_images.h"
#include "metrics/nearest_table.h"
#include "stream/names.h"
#include "stream/reader.h"
#include "stream/writer.h"

using namespace sr3;

namespace {

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
    require_folder_name(program.output);
    WriterOptions options;
    options.output = program.output = program.output.ends_with('/') ? program.output : program.output + "/";
    options.threads = program.reader.threads;
    writer.emplace(options, generated);
  }

  ReaderOptions whole = program.reader;  // a shard is one of the generated images
  whole.shard.clear();
  Preparation preparation;
  if (!program.size.empty()) preparation.recipe.emplace(fitting(program.size));
  PreparedImages images = take_images(generated, program.reader, preparation);
  if (images.images.empty() && program.reader.shard.empty()) throw DataError("nothing to compare: no images");
  const auto print = [&](const std::vector<ComparedSet>& sets) {
    print_table((program.per_image ? nearest_table : copies_table)(sets, program.threshold, program.json));
  };
  if (images.images.empty()) {  // a shard without images has a table without rows
    print({});
    return images.status;
  }
  if (writer) {
    std::vector<std::string> others = training;
    if (!program.held_out.empty()) others.push_back(program.held_out);
    refuse_to_overwrite(program.output, images.keys, others);
  }
  const Image& first = images.images[0];
  if (!preparation.recipe) preparation.recipe.emplace(fitting(cat(first.width, "x", first.height)));
  preparation.pad = program.pad;
  int status = images.status;
  const size_t count = images.images.size();
  if (!program.held_out.empty()) {
    PreparedImages others = take_images({program.held_out}, whole, preparation);
    if (others.images.empty()) throw DataError(cat("no images in '", program.held_out, "'"));
    status = std::max(status, others.status);
    std::move(others.images.begin(), others.images.end(), std::back_inserter(images.images));
    std::move(others.keys.begin(), others.keys.end(), std::back_inserter(images.keys));
  }
  NearestSearch among(std::move(images.images), program.neighbours, !program.no_flip, writer.has_value());
  status = std::max(status, search_nearest(training, whole, preparation, app.progress, among));

  const std::vector<Nearest> all = among.nearest();
  std::vector<ComparedSet> sets;
  const auto set_of = [&](const std::string& name, size_t begin, size_t end) {
    ComparedSet set{name, {}};
    for (size_t i = begin; i < end; ++i) set.images.push_back({images.keys[i], all[i]});
    return set;
  };
  sets.push_back(set_of(operands[0], 0, count));
  if (!program.held_out.empty()) sets.push_back(set_of(program.held_out, count, all.size()));
  print(sets);
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
