// degrade: make low-resolution images from high-resolution ones.
// Knows no tensors and links no torch: the recipe (lib/degrade/recipe.h) is applied in the reader's threads, as each
// image is decoded.  See degrade(1).
#include <algorithm>

#include "base/error.h"
#include "cli/run.h"
#include "cli/shared.h"
#include "degrade/recipe.h"
#include "stream/reader.h"
#include "stream/writer.h"

using namespace sr3;

namespace {

int degrade(cli::App& app) {
  RecipeOptions recipe_options;
  ReaderOptions reading;
  WriterOptions writing;
  bool crop_only = false;
  int64_t pad = 0;
  uint64_t seed = 0;
  recipe_options.declare(app.options);
  app.options.add("crop-only", 0, &crop_only,
                  "write the part of each image that the small one would show, not resized");
  app.options.add("pad", 0, &pad, "N", "first put smaller images in the middle of N x N, their border repeated");
  cli::declare_seed(app.options, &seed);
  reading.declare(app.options);
  writing.declare(app.options);
  app.parse();
  writing.threads = reading.threads;
  if (pad < 0 || pad > 65536) throw UsageError(cat("--pad ", pad, " is not in 0 to 65536"));

  const Recipe recipe(recipe_options);
  Reader reader(app.inputs(), reading, [&](Frame& frame) {
    try {
      if (pad > 0 && std::max(pad, frame.image.width) > reading.max_pixels / std::max(pad, frame.image.height))
        throw DataError(cat("padded it is more than the limit of ", reading.max_pixels, " pixels"));
      if (pad > 0) frame.image = padded(frame.image, pad);
      frame.image =
          crop_only ? recipe.cropped(frame.image) : recipe(frame.image, seed, static_cast<uint64_t>(frame.index));
    } catch (const DataError& error) {
      throw DataError(cat("cannot degrade '", frame.origin, "': ", error.what()));
    }
  });
  Writer writer(writing, app.inputs());
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
                  "-s N | --size WxH [images] [-o OUT]", argc, argv, degrade);
}
