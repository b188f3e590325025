// What a training step of the U-Net costs in memory and arithmetic, counted by the walk over its plan that the step itself
// makes, on maps that have shapes but no memory: so networks can be planned that the machine at hand does not hold.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <vector>

#include "nn/unet_options.h"

namespace sr3 {

struct TrainingPass {
  int64_t images = 1, height = 0, width = 0;  // of the batch that one pass computes
  at::ScalarType compute = at::kFloat;        // kFloat or kBFloat16
  bool on_gpu = false;                        // where norms are made of libtorch's own operators
  bool checkpoint = false;                    // of unet_forward
};

struct TrainingCost {
  // Floating-point operations of the forward and the backward pass, and of what is computed again, by level (0: outermost),
  // with 2 for a multiplication and an addition: of the convolutions, as if none were computed by Winograd's algorithm, of the
  // projections of the embedding, and of attention, whose scores the backward pass computes again.
  std::vector<double> flops;
  double all_flops() const;

  // Bytes that the forward pass keeps for the backward pass beside the weights themselves: maps, dropout masks, weights in
  // another type or layout, coefficients of norms. Exact on the CPU except for the embedding, which takes a few kilobytes an image.
  int64_t kept = 0;
  // Bytes that the backward pass takes beside these at its peak, about: for the largest convolution its input and the gradient
  // of its output in oneDNN's layout, and both gradients.
  int64_t working = 0;
  // With checkpointing: the most bytes that a step of the plan keeps in addition while it is computed again.
  int64_t recomputed = 0;
};

// Throws Error for invalid options.
TrainingCost training_cost(const UNetOptions& options, const TrainingPass& pass);

}  // namespace sr3
