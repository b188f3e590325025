// How fast this machine trains a network, measured on small parts of it: for estimates of networks whose single step takes
// minutes, or which it cannot hold.
#pragma once

#include <c10/core/Device.h>

#include <vector>

#include "nn/training_cost.h"

namespace sr3 {

// Seconds for a floating-point operation (training_cost.h) at each level of the network. Each is measured on a network of this
// level alone, five blocks with its channels, attention and precision, on as many pixels of the pass as a second or two are
// enough for.
std::vector<double> seconds_per_flop(const UNetOptions& options, const TrainingPass& pass, at::Device device);

// Seconds of an update of the optimizer for each of `weights` weights, measured on some millions of them.
double update_seconds_per_weight(int64_t weights, at::Device device);

}  // namespace sr3
