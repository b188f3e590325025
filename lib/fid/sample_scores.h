// Scores that need the features or class probabilities of each image: the Inception score, and improved precision and
// recall.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace sr3 {

struct InceptionScore {
  double mean = 0, deviation = 0;  // mean and population standard deviation over the splits
};

// The Inception score exp(mean KL(p(y|x) || p(y))) of Salimans et al. 2016, from probabilities (N,C). The rows are split
// into `splits` consecutive parts, as equal as possible, in the order given. DataError if there are fewer rows than
// splits.
InceptionScore inception_score(const at::Tensor& probabilities, int64_t splits = 10);

struct PrecisionRecall {
  double precision = 0, recall = 0;
};

// Improved precision and recall (Kynkaanniemi et al. 2019). Precision is the fraction of the generated features (M,D)
// that lie in the manifold of the real ones (N,D), recall the fraction of the real ones in the manifold of the generated
// ones. The manifold of a set is the union of closed balls around its members, each reaching to the k-th nearest other
// member. DataError unless both sets have more than k members.
PrecisionRecall precision_recall(const at::Tensor& real, const at::Tensor& generated, int64_t k = 3);

}  // namespace sr3
