// degrade: make low-resolution images from high-resolution ones.
// The degradation (lib/degrade/recipe.h) is applied in the reader's threads, as each image is decoded. Uses no tensors and
// links no torch. See degrade(1).
#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "degrade/named_recipes.h"
#include "degrade/recipe.h"
#include "stream/reader.h"
#include "stream/writer.h"

using namespace sr3;

namespace {

struct DegradeProgram {
  RecipeOptions recipe;
  ReaderOptions reader;
  WriterOptions writer;
  std::string recipe_name, show_recipe;
  bool record_steps = false;
  bool crop_only = false;
  int64_t pad = 0;
  uint64_t seed = 0;

  void declare(Options& options) {
    recipe.declare(options);
    options.add("recipe", 0, &recipe_name, "NAME|FILE",
                "a random recipe, by name or file, instead of --kernel to --jpeg; list: show the names");
    options.add("show-recipe", 0, &show_recipe, "NAME|FILE", "print a recipe, and exit");
    options.add("record-steps", 0, &record_steps, "write what was drawn for each image into its #sr line");
    options.add("crop-only", 0, &crop_only, "write the part of each image that the small one would show, not resized");
    options.add("pad", 0, &pad, "N", within(0, 65536),
                "first pad smaller images to N x N pixels by repeating their border");
    cli::declare_seed(options, &seed);
    reader.declare(options);
    writer.declare(options);
    writer.declare_keep_exif(options);
  }
};

// Replaces the name of a recipe by its text.
void find_recipe(const Options& options, DegradeProgram& program) {
  if (program.record_steps && program.recipe_name.empty()) throw UsageError("--record-steps is for --recipe");
  if (const std::string ending = extension_of(program.writer.output);
      program.record_steps && (ending == "jpg" || ending == "jpeg"))
    throw UsageError("--record-steps: JPEG files have no #sr line; write PNG or PPM");
  if (program.recipe_name.empty()) return;
  for (const char* name : {"kernel", "convention", "blur", "noise", "jpeg"})
    if (options.find(name)->given) throw UsageError(cat("--recipe and --", name, " exclude each other"));
  program.recipe.operations = recipe_text(program.recipe_name);
}

int run_program(cli::App& app) {
  DegradeProgram program;
  program.declare(app.options);
  app.parse();
  if (program.recipe_name == "list" || !program.show_recipe.empty()) {
    std::fputs((program.show_recipe.empty() ? recipe_list() : recipe_text(program.show_recipe)).c_str(), stdout);
    return kDone;
  }
  find_recipe(app.options, program);
  program.writer.threads = program.reader.threads;
  const int64_t pad = program.pad, most = program.reader.max_pixels;

  const Recipe recipe(program.recipe);
  Reader reader(app.inputs(), program.reader, [&](Frame& frame) {
    Image& image = frame.image;
    try {
      if (pad > 0 && std::max(pad, image.width) > most / std::max(pad, image.height))
        throw DataError(cat("padded it is more than the limit of ", most, " pixels"));
      if (pad > 0) image = padded(image, pad);
      image =
          program.crop_only ? recipe.cropped(image) : recipe(image, program.seed, static_cast<uint64_t>(frame.index));
      if (program.record_steps &&
          !record(frame, "steps", recipe.steps(program.seed, static_cast<uint64_t>(frame.index))))
        warn_once("the steps of an image do not fit into its #sr line, and are left out");
    } catch (const DataError& error) {
      throw DataError(cat("cannot degrade '", frame.origin, "': ", error.what()));
    }
  });
  Writer writer(program.writer, app.inputs());
  Meter meter(app.progress, "images", reader.expected().value_or(-1));
  int64_t done = 0;
  while (auto frame = reader.next()) {
    writer.write(std::move(*frame));
    meter.update(++done);
  }
  writer.close();
  meter.finish();
  return reader.status();
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("degrade", "make low-resolution images from high-resolution ones",
                  "-s N | --size WxH [--recipe NAME|FILE] [images] [-o OUT]", argc, argv, run_program);
}
