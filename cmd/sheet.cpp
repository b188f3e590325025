// sheet: many images as one contact sheet.
// Collects a stream, or several side by side joined by key (lib/stream/join.h), and lets lib/image/sheet.h lay them out.
// See sheet(1).
#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "cli/run.h"
#include "image/sheet.h"
#include "stream/join.h"
#include "stream/reader.h"
#include "stream/writer.h"

using namespace sr3;

namespace {

struct SheetProgram {
  SheetOptions sheet;
  ReaderOptions reader;
  WriterOptions writer;
  bool labels = false, beside = false;

  void declare(Options& options) {
    constexpr double kMax = 65536;
    options.group(groups::kSheet);
    options.add("columns", 'c', &sheet.columns, "N", within(0, kMax),
                "images in a row; 0: about a square, with --beside one of each input");
    options.add("beside", 'b', &beside, "inputs side by side, joined by key: the first column is the first input");
    options.add("labels", 'l', &labels, "write each image's key below it, and with --beside the inputs above");
    options.add("scale", 's', &sheet.scale, "N", within(1, kMax), "repeat every pixel N times in both directions");
    options.add("fit", 0, &sheet.fit, "enlarge images that are smaller than their cell, by whole factors");
    options.add("gap", 0, &sheet.gap, "N", within(0, kMax), "pixels between images");
    reader.declare(options);
    options.group(groups::kOutput);
    options.add("output", 'o', &writer.output, "OUT",
                "FILE.png, FILE.jpg, FILE.ppm, DIR/, or - for a stream of one image");
  }
};

struct Collected {
  std::vector<Image> images;
  std::vector<std::string> keys;
  int status = kDone;
};

Collected collect(const std::vector<std::string>& inputs, const ReaderOptions& options,
                  const ProgressOptions& progress) {
  Collected out;
  Reader reader(inputs, options);
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

// One row for each key (or several keys in a row, with more columns), in the order of the first input; one column for each input.
Collected collect_beside(const std::vector<std::string>& inputs, const ReaderOptions& options) {
  Collected out;
  Join join(inputs, options);
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

// "runs/sr/" -> "sr", "truth.tar" -> "truth", but the folder "level-0.1" -> "level-0.1"
std::string title_of(std::string operand) {
  std::error_code none;
  const bool folder = std::filesystem::is_directory(operand, none);
  while (operand.size() > 1 && operand.back() == '/') operand.pop_back();
  return folder ? base_name(operand) : stem_of(operand);
}

int run_program(cli::App& app) {
  SheetProgram program;
  program.declare(app.options);
  app.parse();
  const auto& inputs = app.inputs();
  SheetOptions& sheet = program.sheet;
  const auto count = static_cast<int64_t>(inputs.size());
  if (program.beside && count < 2) throw UsageError("option '--beside' needs two inputs or more");
  if (program.beside && sheet.columns % count != 0)
    throw UsageError(cat("option '--columns' must be a multiple of the ", count, " inputs beside each other"));
  if (program.beside && sheet.columns == 0) sheet.columns = count;

  Writer writer(program.writer, inputs);
  Collected found =
      program.beside ? collect_beside(inputs, program.reader) : collect(inputs, program.reader, app.progress);
  if (!found.images.empty()) {
    if (program.labels) {
      sheet.labels = found.keys;
      for (int64_t c = 0; program.beside && c < sheet.columns; ++c)
        sheet.titles.push_back(title_of(inputs[static_cast<size_t>(c % count)]));
    }
    Frame frame;
    frame.image = contact_sheet(found.images, sheet);
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
                  run_program);
}
