#include "nn/norm_input.h"

namespace sr3 {

GroupNormInput norm_input(const Plan& plan, const Parameters& parameters, const NormUse& use,
                          const at::Tensor& projection) {
  const NormPlan& n = plan.norms[use.number];
  GroupNormInput in;
  in.weight = parameters[n.name + ".weight"];
  in.bias = parameters[n.name + ".bias"];
  in.groups = plan.options.groups;
  in.eps = plan.options.norm_eps;
  in.activate = use.activate;
  if (use.projection >= 0) in.set_embedding(projection, plan.options.scale_shift);
  return in;
}

}  // namespace sr3
