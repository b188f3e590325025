// sheet: many images as one contact sheet.
// Collects a stream, or several side by side joined by key (lib/stream/join.h), and lets lib/image/sheet.h lay them out.
// See sheet(1).
#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "cli/run.h"
#include "image/sheet.h"
#include "stream/join.h"
#include "stream/reader.h"
#include "stream/writer.h"

using namespace sr3;

namespace {

struct Collected {
  std::vector<Image> images;
  std::vector<std::string> keys;
  int status = kDone;
};

Collected collect(const std::vector<std::string>& inputs, const ReaderOptions& reading,
                  const ProgressOptions& progress) {
  Collected out;
  Reader reader(inputs, reading);
  Meter meter(progress, "images", reader.expected().value_or(-1));
  while (auto frame = reader.next()) {
    out.keys.push_back(frame->key);
    out.images.push_back(std::move(frame->image));
    meter.update(static_cast<int64_t>(out.images.size()));
  }
  meter.finish();
  out.status = reader.status();
  return out;
}

// One row a key (or several keys a row, with more columns), in the order of the first input; one input a column.
Collected collect_beside(const std::vector<std::string>& inputs, const ReaderOptions& reading) {
  Collected out;
  Join join(inputs, reading);
  std::vector<std::vector<Frame>> rows;
  while (auto frames = join.next()) rows.push_back(std::move(*frames));
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a[0].index < b[0].index; });
  for (auto& row : rows)
    for (Frame& frame : row) {
      out.keys.push_back(frame.key);
      out.images.push_back(std::move(frame.image));
    }
  out.status = join.status();
  return out;
}

// "runs/sr/" -> "sr", "truth.tar" -> "truth"
std::string title_of(std::string operand) {
  while (operand.size() > 1 && operand.back() == '/') operand.pop_back();
  return stem_of(operand);
}

int sheet(cli::App& app) {
  SheetOptions options;
  ReaderOptions reading;
  WriterOptions writing;
  bool labels = false, beside = false;
  app.options.group("Sheet");
  app.options.add("columns", 'c', &options.columns, "N",
                  "images in a row; 0: about a square, with --beside one of each input");
  app.options.add("beside", 'b', &beside, "inputs side by side, joined by key: the first column is the first input");
  app.options.add("labels", 'l', &labels, "write each image's key below it, and with --beside the inputs above");
  app.options.add("scale", 's', &options.scale, "N", "repeat every pixel N times in both directions");
  app.options.add("fit", 0, &options.fit, "enlarge images that are smaller than their cell, by whole factors");
  app.options.add("gap", 0, &options.gap, "N", "pixels between images");
  reading.declare(app.options);
  app.options.group("Output");
  app.options.add("output", 'o', &writing.output, "OUT",
                  "FILE.png, FILE.jpg, FILE.ppm, DIR/, or - for a stream of one image");
  app.parse();
  const auto& inputs = app.inputs();
  const auto most = [](const char* name, int64_t value, int64_t least) {
    if (value < least || value > 65536)
      throw UsageError(cat("--", name, " ", value, " is not in ", least, " to 65536"));
  };
  most("columns", options.columns, 0);
  most("gap", options.gap, 0);
  most("scale", options.scale, 1);
  const auto columns_of_beside = static_cast<int64_t>(inputs.size());
  if (beside && inputs.size() < 2) throw UsageError("option '--beside' needs two inputs or more");
  if (beside && options.columns % columns_of_beside != 0)
    throw UsageError(cat("option '--columns' must be a multiple of the ", inputs.size(), " inputs beside each other"));
  if (beside && options.columns == 0) options.columns = columns_of_beside;

  Writer writer(writing, inputs);
  Collected found = beside ? collect_beside(inputs, reading) : collect(inputs, reading, app.progress);
  if (!found.images.empty()) {
    if (labels) {
      options.labels = found.keys;
      for (int64_t c = 0; beside && c < options.columns; ++c)
        options.titles.push_back(title_of(inputs[static_cast<size_t>(c % columns_of_beside)]));
    }
    Frame frame;
    frame.image = contact_sheet(found.images, options);
    frame.key = "sheet";
    frame.total = 1;
    writer.write(std::move(frame));
  }
  writer.close();
  return found.status;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("sheet", "a stream of images to one contact sheet", "[-c N] [-b] [-l] [images] [-o OUT]", argc, argv,
                  sheet);
}
