// Runs a cascade: from noise, or from given images, through all its stages to a writer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "cascade/cascade.h"
#include "stream/reader.h"
#include "stream/writer.h"

namespace sr3 {

struct GenerateOptions {
  ChainOptions chain;
  DrawOptions draw;
  std::optional<int64_t> seed;  // unset: the stream's, else 0
  std::string keep_stages;      // a folder for the images of each stage, in SIZE/; "": they are not kept
  ReaderOptions reader;
  WriterOptions writer;
  ProgressOptions progress;
  // Declares the options of drawing, the seed, --skip-existing and --keep-stages.
  void declare(Options& options);
  // Throws UsageError for options that this cascade does not support.
  void validate(const Cascade& cascade) const;
  // Whether the base stage draws unconditional images.
  bool without_class(const Cascade& cascade) const;
};

// Loads the stages, makes all images and writes them. images: the operands to read, for a cascade without a base stage. Returns
// the exit status: kDone, or kSkipped when the reader left something out. Throws UsageError for invalid options, Error and
// DataError for stages or images that cannot be used.
int generate(Cascade& cascade, const std::vector<std::string>& images, GenerateOptions options, at::Device device,
             const std::string& precision);

}  // namespace sr3
