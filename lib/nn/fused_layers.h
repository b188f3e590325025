// The layers of inference in float32 on a CPU: each convolution with what surrounds it is one operation (fused_conv.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "nn/forward.h"
#include "nn/fused_conv.h"
#include "nn/unet.h"
#include "nn/unet_plan.h"

namespace sr3 {

// Of each convolution. With kChar those of the blocks and between them multiply bytes: the first and the last one, and attention's,
// are a small part of the time, and are in float32.
std::vector<ConvNumbers> conv_numbers(const Plan& plan, at::ScalarType type);

class FusedLayers : public Layers {
 public:
  // convs: those of the plan, by number. parameters: those of the norms are read. Both outlive the layers, and so does the plan.
  // projections: of the embedding, for each block (N, width).
  FusedLayers(const Plan& plan, const Parameters& parameters, const std::vector<FusedConv>& convs,
              std::vector<at::Tensor> projections);

  Maps join(const Maps& h, const Maps& kept) override;
  Maps resize(Resample to, const Maps& x) override;
  Maps conv(int number, const Maps& x, Resample before) override;
  Maps norm_conv(const NormUse& norm, int conv, const Maps& x) override;
  Maps residual_conv(const NormUse& norm, int conv, const Maps& x, const Maps& skip) override;
  Maps attend(const AttentionPlan& plan, const Maps& qkv, const Maps& skip) override;

 private:
  FeatureMap run(const NormUse& use, int conv, const Maps& x, const at::Tensor& residual, double scale) const;

  const Plan& plan_;
  const Parameters& parameters_;
  const std::vector<FusedConv>& convs_;
  const std::vector<at::Tensor> projections_;
};

}  // namespace sr3
