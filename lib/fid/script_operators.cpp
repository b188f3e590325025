// The operators that feature networks may use. A new one belongs here if its result depends only on its arguments, and if it
// does nothing else: it must not read or write files, print, start threads or draw random numbers.
#include <set>
#include <sstream>
#include <string>

#include "fid/script_check.h"

namespace sr3 {
namespace {

constexpr const char* kOfAten = R"(
  _convolution bilinear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d convolution linear
  addbmm addmm addmv addr baddbmm bmm cdist chain_matmul cosine_similarity dot einsum inner kron linalg_multi_dot matmul mm
  mv outer pairwise_distance tensordot vdot
  batch_norm group_norm instance_norm layer_norm native_batch_norm native_group_norm native_layer_norm rms_norm
  frobenius_norm linalg_matrix_norm linalg_norm linalg_vector_norm norm normalize renorm
  adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
  avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d
  max_pool3d_with_indices
  celu elu gelu glu hardshrink hardsigmoid hardswish hardtanh leaky_relu log_sigmoid log_softmax mish prelu relu relu6 selu
  sigmoid silu softmax softplus softshrink tanh threshold _softmax _log_softmax
  alpha_dropout dropout feature_alpha_dropout feature_dropout
  _native_multi_head_attention _transformer_encoder_layer_fwd scaled_dot_product_attention
  _upsample_bicubic2d_aa _upsample_bilinear2d_aa _upsample_lanczos2d_aa _upsample_nearest_exact1d _upsample_nearest_exact2d
  _upsample_nearest_exact3d upsample_bicubic2d upsample_bilinear2d upsample_linear1d upsample_nearest1d upsample_nearest2d
  upsample_nearest3d upsample_trilinear3d __interpolate __upsample __upsample_bilinear __upsample_nearest
  affine_grid_generator grid_sampler grid_sampler_2d grid_sampler_3d
  constant_pad_nd pad reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d
  replication_pad3d channel_shuffle col2im fold im2col pixel_shuffle pixel_unshuffle unfold
  adjoint alias as_strided atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors broadcast_to cat chunk clone
  column_stack concat concatenate contiguous copy detach diag diag_embed diagonal dsplit dstack expand expand_as flatten flip
  fliplr flipud hsplit hstack mT matrix_H moveaxis movedim narrow numpy_T permute ravel repeat repeat_interleave reshape
  reshape_as roll rot90 select slice slice_scatter select_scatter split split_with_sizes squeeze stack swapaxes swapdims t
  tensor_split tile transpose tril triu unbind unflatten unsqueeze view view_as vsplit vstack
  gather index index_add index_copy index_fill index_put index_select masked_fill masked_scatter masked_select nonzero put
  scatter scatter_add scatter_reduce take take_along_dim where
  abs absolute acos acosh add addcdiv addcmul arccos arcsin arctan arctan2 asin asinh atan atan2 atanh ceil clamp clamp_max
  clamp_min clip copysign cos cosh deg2rad div divide erf erfc exp exp2 expm1 fix floor floor_divide fmax fmin fmod frac
  heaviside hypot lerp log log10 log1p log2 logaddexp logaddexp2 logit max maximum min minimum mul multiply nan_to_num neg
  negative positive pow rad2deg reciprocal remainder round rsqrt rsub sgn sign sin sinc sinh sqrt square sub subtract tan
  true_divide trunc xlogy
  allclose bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor eq equal ge greater
  greater_equal gt isclose isfinite isinf isnan isneginf isposinf le less less_equal logical_and logical_not logical_or
  logical_xor lt ne not_equal __and__ __or__ __xor__ __lshift__ __rshift__
  all amax amin aminmax any argmax argmin argsort bincount bucketize count_nonzero cov corrcoef cummax cummin cumprod cumsum
  diff histc kthvalue logcumsumexp logsumexp mean median mode msort nanmean nanmedian nansum prod quantile searchsorted sort
  std std_mean sum topk trace unique_consecutive unique_dim _unique2 var var_mean
  arange empty empty_like empty_strided eye fill full full_like linspace logspace meshgrid new_empty new_full new_ones
  new_zeros one_hot ones ones_like scalar_tensor tensor zero zeros zeros_like as_tensor
  embedding embedding_bag
  fft_fft fft_fft2 fft_fftfreq fft_fftn fft_fftshift fft_hfft fft_ifft fft_ifft2 fft_ifftn fft_ifftshift fft_ihfft fft_irfft
  fft_irfft2 fft_irfftn fft_rfft fft_rfft2 fft_rfftfreq fft_rfftn stft istft
  angle complex conj imag polar real resolve_conj resolve_neg view_as_complex view_as_real
  det inverse linalg_cholesky linalg_det linalg_eigh linalg_inv linalg_pinv linalg_qr linalg_solve linalg_svd pinverse svd
  bfloat16 cpu cuda double float half int long to type_as
  dense_dim dim element_size is_complex is_contiguous is_floating_point is_nonzero is_same_size is_signed len numel size
  storage_offset stride device requires_grad get_device can_cast result_type promote_types
  is_autocast_enabled is_grad_enabled set_grad_enabled requires_grad_
  Bool Complex ComplexImplicit Float FloatImplicit Int IntImplicit ScalarImplicit item
  __contains__ __derive_index __getitem__ __is__ __isnot__ __not__ __range_length _set_item append clear dict extend find
  floordiv format get index insert items join keys list lower ord percentFormat pop remove replace reverse setdefault sorted
  startswith endswith str strip update upper values
  degrees fabs factorial gcd isqrt mod radians mathremainder warn)";

constexpr const char* kOfPrim = R"(
  CallFunction CallMethod Constant CreateObject DictConstruct EnumName EnumValue Enter Exit GetAttr If ListConstruct ListUnpack
  Loop ModuleContainerIndex NumToTensor RaiseException SetAttr TupleConstruct TupleIndex TupleSlice TupleUnpack Uninitialized
  abs data device dtype index is_cpu is_cuda is_nested is_sparse isinstance layout max min ndim requires_grad shape tolist type
  unchecked_cast unchecked_unwrap_optional unsqueeze)";

const std::set<std::string>& tensor_operators() {
  static const std::set<std::string> all = [] {
    std::set<std::string> names;
    for (const auto& [space, list] : {std::pair("aten::", kOfAten), {"prim::", kOfPrim}}) {
      std::istringstream words(list);
      for (std::string word; words >> word;) names.insert(space + word);
    }
    return names;
  }();
  return all;
}

}  // namespace

bool is_tensor_operator(const std::string& name) {
  if (tensor_operators().contains(name)) return true;
  const bool in_place = name.ends_with('_') && !name.ends_with("__");
  return in_place && tensor_operators().contains(name.substr(0, name.size() - 1));
}

}  // namespace sr3
