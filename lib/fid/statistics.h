// Statistics of a set of images: what a distance needs, what is needed to merge parts of a set exactly, and optionally
// the features themselves. In files, .npz that the usual tools read (mu, sigma, mu_s, sigma_s, feats), see
// fid-statistics(5).
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

  // Sums of groups of images; at least one group, unless the file is of another tool. Which group an image is in
  // depends on the image alone.
  std::vector<Moments> pool, spatial;  // spatial: empty when not wanted
  // What a file of another tool gives instead.
  std::optional<Gaussian> given, given_spatial;

  // Rows, in the order of the images' hashes. images (N,2) int64: hashes of an image's pixels, and of its key. The
  // others are undefined where they were not kept: features (N,D) and probabilities (N,C) float32; positions (N) int64
  // in the input.
  at::Tensor images, features, probabilities, positions;
  // Where features and probabilities are of some of the images only, that come with a mean and a covariance of all: how
  // they were made.
  std::optional<Signature> sample;

  bool mergeable() const { return !pool.empty(); }
  int64_t count() const;                                                    // 0: unknown
  int64_t dimension() const;                                                // 0: of no image yet
  int64_t ddof() const { return signature.ddof < 0 ? 1 : signature.ddof; }  // 1, as most tools have it, where unknown
  // By `ddof`, or where that is -1 by the signature's; DataError with too few images.
  Gaussian gaussian(int64_t ddof = -1) const;
  // The same of the spatial features; nothing when there are none.
  std::optional<Gaussian> spatial_gaussian(int64_t ddof = -1) const;
};

// Puts rows into their order, and fills what follows from them into the signature.
void arrange(Statistics& statistics);

// Parts of one set, added in any order: the result is the same to the bit.
class Merger {
 public:
  explicit Merger(bool force) : force_(force) {}
  // name: for messages. DataError when the part has images in common with an earlier one, or was made unlike it (unless
  // force); Error when it is of another tool, or has not kept what the others have.
  void add(Statistics part, const std::string& name);
  // After at least one part.
  Statistics finish();

 private:
  void check(const Statistics& part, const std::string& name) const;

  bool force_;
  std::vector<std::string> names_;
  std::vector<Statistics> parts_;  // without their sums
  Statistics all_;
  size_t first_ = 0;  // the part that later ones are held against: the first with images
};

// Whether a .npz has a mean and a covariance, as guided-diffusion's reference batches have beside images. DataError as
// below.
bool has_moments(const std::string& path);
// DataError names the file and what is wrong with it.
Statistics read_statistics(const std::string& path);
void write_statistics(const std::string& path, const Statistics& statistics);

}  // namespace sr3
