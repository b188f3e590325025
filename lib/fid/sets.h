// The sets that fid is given: images through the feature network, which is opened once and only where it is needed; files of
// statistics; and files that are both.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "fid/collect.h"
#include "fid/compare.h"
#include "fid/profile.h"

namespace sr3 {

// Throws, before any work, UsageError when statistics cannot have this name (operands are told from images by the ending
// .npz), and Error when the file cannot be written.
void check_statistics_path(const std::string& path);

// The exact statistics of the union of sets, each a file of statistics. DataError for a file of images, and for statistics
// that were computed differently unless `force`.
Statistics merge_files(const std::vector<std::string>& files, bool force);

class Sets {
 public:
  // collect: all but ddof, probabilities and spatial, which follow from the others. device: as open_device takes it.
  Sets(const NetworkOptions& network, const CompareOptions& wanted, const CollectOptions& collect, std::string device,
       const ProgressOptions& progress);
  ~Sets();

  // Statistics of images, and how the reading went.
  Collected of_images(const std::vector<std::string>& operands) { return collected(operands, wanted_.sfid); }
  // One side of a comparison, the first or the second: images; statistics; or both, as guided-diffusion's reference batches
  // are: mean and covariance of a whole data set beside some of its images, for what needs each image's features.
  // DataError where the network's options say otherwise than a file of statistics, unless forced.
  Collected side(const std::string& operand, bool first);

 private:
  Collected collected(const std::vector<std::string>& operands, bool spatial);
  void check_asked(const std::string& operand, const Signature& made);

  NetworkOptions network_;
  CompareOptions wanted_;
  CollectOptions collect_;
  std::string device_;
  ProgressOptions progress_;
  std::unique_ptr<FeatureNetwork> opened_;  // when images are met
  std::optional<Signature> asked_;          // when statistics are
};

}  // namespace sr3
