// Computes the statistics of a set of images by a feature network. Decoding, resizing and the network overlap: threads of
// the reader decode, others resize, and the caller's runs the network; at most a few batches are in memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fid/features.h"
#include "fid/statistics.h"
#include "stream/reader.h"

namespace sr3 {

struct CollectOptions {
  ReaderOptions reader;
  bool keep_features = false, probabilities = false, spatial = false;
  int64_t groups = 1;  // how many groups of images are summed separately, for the jackknife
  int64_t ddof = 1;
  std::function<void(int64_t done, int64_t total)> progress;  // total is -1 if it is unknown
};

struct Collected {
  Statistics statistics;
  int status = 0;  // the reader's: kDone or kSkipped
  // Seconds that the caller's thread waited for decoding and for resizing, and spent in the network and on sums.
  double decode = 0, resize = 0, network = 0, sums = 0;
};

// The signature of the statistics of images, before their number is known.
Signature signature_of(const FeatureSpec& network, int64_t ddof);

// Operands are those of Reader; a .npz file is an array of images (fid/array_images.h). Throws what Reader and the network
// throw, and DataError "cannot use ..." for an image that the network does not accept.
Collected collect(const std::vector<std::string>& operands, const FeatureNetwork& network,
                  const CollectOptions& options);

}  // namespace sr3
