// Statistics of a set of images: the mean and covariance for distances, the sums for merging parts of a set exactly, and
// optionally the features themselves. They are stored as .npz files that the usual tools can read (mu, sigma, mu_s,
// sigma_s, feats); see fid-statistics(5).
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "fid/frechet.h"
#include "fid/moments.h"
#include "fid/signature.h"

namespace sr3 {

struct Statistics {
  Signature signature;

  // The sums of groups of images: at least one group, or none in statistics of other tools. The group of an image
  // depends only on its pixels.
  std::vector<Moments> pool, spatial;  // spatial: empty without spatial features
  // The mean and covariance, in statistics of other tools.
  std::optional<Gaussian> given, given_spatial;

  // One row for each image, in the order of the images' hashes. images (N,2) int64: the hashes of the pixels and of the
  // key. The others are undefined if they were not kept: features (N,D) and probabilities (N,C), float32; positions (N)
  // int64, the positions in the input.
  at::Tensor images, features, probabilities, positions;
  // The signature of features and probabilities if they are those of a sample, while mean and covariance are those of
  // all images.
  std::optional<Signature> sample;

  bool mergeable() const { return !pool.empty(); }                          // whether it has sums
  int64_t count() const;                                                    // number of images; 0: unknown
  int64_t dimension() const;                                                // 0: no images yet
  int64_t ddof() const { return signature.ddof < 0 ? 1 : signature.ddof; }  // unknown: 1, as in most tools
  // The Gaussian of the features, with `ddof` or, if that is -1, with the signature's. DataError with too few images.
  Gaussian gaussian(int64_t ddof = -1) const;
  // The same for the spatial features; nothing without them.
  std::optional<Gaussian> spatial_gaussian(int64_t ddof = -1) const;
};

// Sorts the rows into their order, and sets the signature's `set` and `images`.
void arrange(Statistics& statistics);

// Merges the parts of one set. The result is the same to the bit in whatever order the parts are added.
class Merger {
 public:
  explicit Merger(bool force) : force_(force) {}
  // Adds a part; `name` is used in messages. Error if it has no sums. DataError if it has images in common with an
  // earlier part, if its signature differs from theirs (with force only a warning), or if it does not contain the same
  // kinds of data.
  void add(Statistics part, const std::string& name);
  // The statistics of the whole set; requires at least one part.
  Statistics finish();

 private:
  void check(const Statistics& part, const std::string& name) const;

  bool force_;
  std::vector<std::string> names_;
  std::vector<Statistics> parts_;  // without their sums
  Statistics all_;
  size_t first_ = 0;  // the part that later ones are compared with: the first with images
};

// Whether a .npz file contains a mean and a covariance, as guided-diffusion's reference batches do beside images.
bool has_moments(const std::string& path);
// Reads the statistics of this or another tool, but not images. DataError, naming the file and the fault, if it is
// damaged or contains no statistics.
Statistics read_statistics(const std::string& path);
void write_statistics(const std::string& path, const Statistics& statistics);

}  // namespace sr3
