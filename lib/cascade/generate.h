// A cascade's whole run: from noise, or from given images, through all its stages to a writer.
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
  std::optional<int64_t> seed;  // unset: 0, or the stream's
  std::string keep_stages;      // a folder for what each stage makes, in SIZE/; "": it is not kept
  ReaderOptions reader;
  WriterOptions writer;
  ProgressOptions progress;
  // All but the writer's and progress, which programs declare as they do everywhere.
  void declare(Options& options);
  // UsageError for what this cascade cannot do.
  void validate(const Cascade& cascade) const;
  // Whether its base stage draws for no class.
  bool without_class(const Cascade& cascade) const;
};

// images: read when the cascade begins with given ones. Loads the stages. Returns the exit status: kDone, or kSkipped
// where the reader left something out. UsageError, Error and DataError for what cannot be.
int generate(Cascade& cascade, const std::vector<std::string>& images, GenerateOptions options, at::Device device,
             at::ScalarType compute);

}  // namespace sr3
