#include "nn/group_norm_silu.h"

#include <ATen/ATen.h>

namespace sr3 {

void GroupNormInput::set_embedding(const at::Tensor& projection, bool scale_shift) {
  if (!scale_shift) {
    offset = projection;
    return;
  }
  const int64_t channels = projection.size(1) / 2;
  scale = projection.narrow(1, 0, channels);
  shift = projection.narrow(1, channels, channels);
}

at::Tensor group_norm_silu(const GroupNormInput& in, bool widen) {
  const auto type = in.x.scalar_type();
  const auto wide = type == at::kDouble ? at::kDouble : at::kFloat;
  at::Tensor x = in.x.to(wide);
  if (in.offset.defined()) x = x + in.offset.to(wide).unsqueeze(2).unsqueeze(3);
  at::Tensor y = at::group_norm(x, in.groups, in.weight.to(wide), in.bias.to(wide), in.eps);
  if (in.scale.defined()) y = y * (1 + in.scale.to(wide).unsqueeze(2).unsqueeze(3)) + in.shift.to(wide).unsqueeze(2).unsqueeze(3);
  if (in.activate) y = at::silu(y);
  return y.to(widen ? wide : type).contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace sr3
