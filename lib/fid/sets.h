// The operands of fid(1) as statistics: images, which go through the feature network; files of statistics; and files
// that contain both. The network is opened once, and only if images are to be read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "fid/collect.h"
#include "fid/compare.h"
#include "fid/possible.h"
#include "fid/profile.h"

namespace sr3 {

// Throws, before any work, UsageError when statistics cannot have this name: among operands, they are recognised by
// their ending .npz. Throws Error when the file cannot be written.
void check_statistics_path(const std::string& path);

// The exact statistics of the union of sets, each a file of statistics. DataError for a file of images, and for statistics
// that were computed differently unless `force`.
Statistics merge_files(const std::vector<std::string>& files, bool force);

class Sets {
 public:
  // `collect` need not set ddof, probabilities and spatial, which follow from the other options. `device` is a name for
  // open_device (tensor/device.h).
  Sets(const NetworkOptions& network, const CompareOptions& wanted, const CollectOptions& collect, std::string device,
       const ProgressOptions& progress);
  ~Sets();

  // The statistics of images, and the reader's status.
  Collected of_images(const std::vector<std::string>& operands) { return collected(operands, wanted_.sfid); }
  // Calls `compare` with each generated set and the reference, which are images; statistics; or both, as in
  // guided-diffusion's reference batches, which contain the mean and covariance of a whole data set and a sample of its
  // images. The sample is read only if a score needs the features of each image. Before the first image is decoded, all
  // sets are found: DataError if the network options contradict a file of statistics, or two sides each other, unless
  // forced; Error if a score cannot be computed of them.
  using Compare = std::function<void(const std::string& set, const Collected& generated, const Collected& reference)>;
  void sides(const std::vector<std::string>& generated, const std::string& reference, const Compare& compare);

 private:
  struct Side;
  Side found(const std::string& operand, bool first);
  KnownSet known(const Side& side) const;
  void check_pair(const Side& generated, const Side& reference);
  FeatureNetwork& network();
  void read_images(Side& side);
  Collected collected(const std::vector<std::string>& operands, bool spatial);
  void check_asked(const std::string& operand, const Signature& made);

  NetworkOptions network_;
  CompareOptions wanted_;
  CollectOptions collect_;
  std::string device_;
  ProgressOptions progress_;
  std::unique_ptr<FeatureNetwork> opened_;  // set with the first images
  std::optional<Signature> requested_;      // set with the first file of statistics
};

}  // namespace sr3
