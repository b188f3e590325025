// How far the results of a stage in int8 are from those in fp32: by this --precision auto selects int8 (stage.h, kInt8Psnr).
#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "cascade/chain.h"
#include "cascade/stage.h"
#include "stream/frame.h"

namespace sr3 {

// Upscales the images by the stage at `path` in both precisions on the CPU, prints the PSNR in dB of each pair of results, and
// records the lowest in the stage's manifest. Throws UsageError without images, and when the CPU does not support int8.
void measure_int8(const std::string& path, const SamplingOverrides& overrides, const ChainOptions& options,
                  const std::vector<Frame>& images, const ProgressOptions& progress);

}  // namespace sr3
