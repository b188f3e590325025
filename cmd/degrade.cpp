// degrade: make low-resolution images from high-resolution ones.
// The recipe (lib/degrade/recipe.h) is applied in the reader's threads, as each image is decoded. Uses no tensors and
// links no torch. See degrade(1).
#include <algorithm>

#include "base/error.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "degrade/recipe.h"
#include "stream/reader.h"
#include "stream/writer.h"

using namespace sr3;

namespace {

struct DegradeProgram {
  RecipeOptions recipe;
  ReaderOptions reader;
  WriterOptions writer;
  bool crop_only = false;
  int64_t pad = 0;
  uint64_t seed = 0;

  void declare(Options& options) {
    recipe.declare(options);
    options.add("crop-only", 0, &crop_only, "write the part of each image that the small one would show, not resized");
    options.add("pad", 0, &pad, "N", within(0, 65536),
                "first pad smaller images to N x N pixels by repeating their border");
    cli::declare_seed(options, &seed);
    reader.declare(options);
    writer.declare(options);
  }
};

int run_program(cli::App& app) {
  DegradeProgram program;
  program.declare(app.options);
  app.parse();
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
                  "-s N | --size WxH [images] [-o OUT]", argc, argv, run_program);
}
