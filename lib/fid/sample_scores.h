// Scores of features and class probabilities image by image: the Inception score, and improved precision and recall.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace sr3 {

struct InceptionScore {
  double mean = 0, deviation = 0;  // over the splits; population deviation
};

// Salimans et al. 2016: exp(mean KL(p(y|x) || p(y))), in each of `splits` runs of rows i * N / splits ... of (N,C)
// probabilities, in the order given. Error with fewer rows than splits.
InceptionScore inception_score(const at::Tensor& probabilities, int64_t splits = 10);

struct PrecisionRecall {
  double precision = 0, recall = 0;
};

// Kynkaanniemi et al. 2019: precision is the share of generated (M,D) within the real ones' (N,D) manifold, recall the
// other way round; the manifold is the union of balls around images that reach to the k-th nearest other image of their
// set, its edge included. Error unless both have more than k.
PrecisionRecall precision_recall(const at::Tensor& real, const at::Tensor& generated, int64_t k = 3);

}  // namespace sr3
