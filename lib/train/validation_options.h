// How a stage in training is validated (train/validation.h).
#pragma once

#include <cstdint>
#include <string>

namespace sr3 {

class Options;

struct ValidationOptions {
  std::string data;       // an operand: a folder, a list, an archive; "": no validation
  int64_t every = 500;    // steps between two validations
  int64_t images = 32;    // examples
  std::string features;   // a feature network (fid/features.h), or ""
  std::string keep_best;  // loss|psnr|frechet: the value by which the best stage is kept; "": none is
  void declare(Options& options);
  bool wanted() const { return !data.empty(); }
  void validate() const;  // throws UsageError for options that are for others which are not given
};

}  // namespace sr3
