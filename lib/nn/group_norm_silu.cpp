#include "nn/group_norm_silu.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/group_norm_coefficients.h"
#include "nn/group_norm_kernels.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// A feature map cut into runs of pixels. The cut depends on the shape alone, so that sums never depend on the number of
// threads.
struct Runs {
  int64_t n, channels, pixels, length, count;

  explicit Runs(const at::Tensor& x) : n(x.size(0)), channels(x.size(1)), pixels(x.size(2) * x.size(3)) {
    length = std::clamp<int64_t>(16384 / std::max<int64_t>(1, channels), 8, 512);
    count = (pixels + length - 1) / length;
  }
  int64_t begin(int64_t run) const { return run * length; }
  int64_t size(int64_t run) const { return std::min(length, pixels - run * length); }
  // Offset of a run's first number.
  int64_t at(int64_t i, int64_t run) const { return (i * pixels + begin(run)) * channels; }

  // Calls first(i, run) for all runs of an example, then middle(i), then last(i, run). If there are enough examples,
  // each thread takes whole ones, because an example is often still in the cache when `last` comes.
  template <class First, class Middle, class Last>
  void go(const First& first, const Middle& middle, const Last& last) const {
    const auto each = [&](int64_t from, int64_t to, const auto& step) {
      for (int64_t k = from; k < to; ++k) step(k / count, k % count);
    };
    if (n >= at::get_num_threads()) {
      at::parallel_for(0, n, 1, [&](int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i) {
          each(i * count, (i + 1) * count, first);
          middle(i);
          each(i * count, (i + 1) * count, last);
        }
      });
      return;
    }
    at::parallel_for(0, n * count, 1, [&](int64_t from, int64_t to) { each(from, to, first); });
    for (int64_t i = 0; i < n; ++i) middle(i);
    at::parallel_for(0, n * count, 1, [&](int64_t from, int64_t to) { each(from, to, last); });
  }
};

template <class X, class Y>
void forward_pass(const at::Tensor& x, const NormParameters& s, int64_t groups, double eps, bool activate,
                  Coefficients<typename AccumulatorOf<X>::type>& to, at::Tensor& y) {
  using A = typename AccumulatorOf<X>::type;
  const auto& kernels = group_norm_kernels<X, Y>();
  const Runs runs(x);
  const int64_t channels = runs.channels;
  const X* from = numbers<X>(x);
  Y* into = numbers_of<Y>(y);
  std::vector<A> partial(static_cast<size_t>(3 * runs.n * runs.count * channels));
  const auto partial_of = [&](int64_t i, int64_t run) {
    return partial.data() + 3 * (i * runs.count + run) * channels;
  };

  runs.go(
      [&](int64_t i, int64_t run) {
        A* first = partial_of(i, run);
        kernels.moments(from + runs.at(i, run), runs.size(run), channels, first, first + channels,
                        first + 2 * channels);
      },
      [&](int64_t i) {
        std::vector<double> square(static_cast<size_t>(channels));
        merge_moments(
            runs.count, channels, [&](int64_t run) { return runs.size(run); }, partial_of(i, 0),
            numbers_of<double>(to.channel_mean) + i * channels, square.data());
        set_coefficients(s, i, groups, eps, static_cast<double>(runs.pixels), square.data(), to);
      },
      [&](int64_t i, int64_t run) {
        kernels.apply(from + runs.at(i, run), runs.size(run), channels, row<A>(to.center, i), row<A>(to.slope, i),
                      row<A>(to.base, i), activate, into + runs.at(i, run));
      });
}

// From the sums over example i's pixels of dz, and of dz times x less its center (`sums` and `products`, by channel), to
// its rows of the gradients d, and to the three rows `affine` of the kernel `gradient`: dx = p dz + q (x - center) + r.
template <class A>
void set_gradients(const NormParameters& s, int64_t i, int64_t groups, double pixels, const Coefficients<A>& from,
                   const double* sums, double* products, A* affine, NormParameters& d) {
  const int64_t channels = from.center.size(1), width = channels / groups;
  const double share = 1 / (pixels * static_cast<double>(width));
  const A *weight = row<A>(s.weight, i), *bias = row<A>(s.bias, i), *scale = row<A>(s.scale, i),
          *offset = row<A>(s.offset, i), *center = row<A>(from.center, i);
  const double* channel_mean = row<double>(from.channel_mean, i);
  const auto out = [&](at::Tensor& t) { return t.defined() ? numbers_of<A>(t) + i * channels : nullptr; };
  A *d_weight = out(d.weight), *d_bias = out(d.bias), *d_scale = out(d.scale), *d_shift = out(d.shift),
    *d_offset = out(d.offset);
  A *p = affine, *q = p + channels, *r = q + channels;
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t begin = g * width, end = begin + width;
    const double mean = row<double>(from.mean, i)[g], inverse = row<double>(from.inverse, i)[g];
    // xhat = (x - center + rest) * inverse
    const auto rest = [&](int64_t c) { return center[c] + (offset ? static_cast<double>(offset[c]) : 0.0) - mean; };
    const auto gain = [&](int64_t c) { return weight[c] * (scale ? 1 + static_cast<double>(scale[c]) : 1.0); };
    double m1 = 0, m2 = 0;  // means over the group of dxhat, and of dxhat * xhat
    for (int64_t c = begin; c < end; ++c) {
      products[c] = inverse * (products[c] + rest(c) * sums[c]);  // of dz * xhat
      m1 += gain(c) * sums[c] * share;
      m2 += gain(c) * products[c] * share;
    }
    for (int64_t c = begin; c < end; ++c) {
      const double factor = scale ? 1 + static_cast<double>(scale[c]) : 1.0;
      const double p_ = inverse * gain(c), q_ = -inverse * inverse * m2, r_ = -inverse * m1 + q_ * rest(c);
      p[c] = static_cast<A>(p_), q[c] = static_cast<A>(q_), r[c] = static_cast<A>(r_);
      d_weight[c] = static_cast<A>(factor * products[c]);
      d_bias[c] = static_cast<A>(factor * sums[c]);
      if (d_scale) d_scale[c] = static_cast<A>(weight[c] * products[c] + bias[c] * sums[c]);
      if (d_shift) d_shift[c] = static_cast<A>(sums[c]);
      if (d_offset) d_offset[c] = static_cast<A>(p_ * sums[c] + pixels * (q_ * (channel_mean[c] - center[c]) + r_));
    }
  }
}

// d: (N, C) gradients of scale and shift and offset, and of weight and bias before their sum over N, all of type A.
template <class X, class Y>
void backward_pass(const at::Tensor& x, const at::Tensor& dy, const NormParameters& s, int64_t groups, bool activate,
                   const Coefficients<typename AccumulatorOf<X>::type>& from, at::Tensor& dx, NormParameters& d) {
  using A = typename AccumulatorOf<X>::type;
  const auto& kernels = group_norm_kernels<X, Y>();
  const Runs runs(x);
  const int64_t channels = runs.channels;
  std::vector<A> partial(static_cast<size_t>(2 * runs.n * runs.count * channels));
  std::vector<A> affine(static_cast<size_t>(3 * runs.n * channels));
  const auto partial_of = [&](int64_t i, int64_t run) {
    return partial.data() + 2 * (i * runs.count + run) * channels;
  };
  const auto affine_of = [&](int64_t i) { return affine.data() + 3 * i * channels; };

  runs.go(
      [&](int64_t i, int64_t run) {
        A* sum = partial_of(i, run);
        kernels.sums(numbers<X>(x) + runs.at(i, run), numbers<Y>(dy) + runs.at(i, run), runs.size(run), channels,
                     row<A>(from.center, i), row<A>(from.slope, i), row<A>(from.base, i), activate, sum,
                     sum + channels);
      },
      [&](int64_t i) {
        std::vector<double> sums(static_cast<size_t>(channels), 0.0), products(static_cast<size_t>(channels), 0.0);
        for (int64_t run = 0; run < runs.count; ++run) {
          const A* sum = partial_of(i, run);
          for (int64_t c = 0; c < channels; ++c) sums[c] += sum[c], products[c] += sum[channels + c];
        }
        set_gradients(s, i, groups, static_cast<double>(runs.pixels), from, sums.data(), products.data(), affine_of(i),
                      d);
      },
      [&](int64_t i, int64_t run) {
        const A* p = affine_of(i);
        kernels.gradient(numbers<X>(x) + runs.at(i, run), numbers<Y>(dy) + runs.at(i, run), runs.size(run), channels,
                         row<A>(from.center, i), row<A>(from.slope, i), row<A>(from.base, i), p, p + channels,
                         p + 2 * channels, activate, numbers_of<X>(dx) + runs.at(i, run));
      });
}

// Calls f<X, Y>() for the type of x and of y.
template <class F>
void for_types(at::ScalarType x, at::ScalarType y, const F& f) {
  if (x == at::kDouble)
    f.template operator()<double, double>();
  else if (x == at::kFloat)
    f.template operator()<float, float>();
  else if (y == at::kFloat)
    f.template operator()<Bf16, float>();
  else
    f.template operator()<Bf16, Bf16>();
}

class GroupNormSilu : public torch::autograd::Function<GroupNormSilu> {
 public:
  static NormParameters small(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                              const at::Tensor& scale, const at::Tensor& shift, const at::Tensor& offset) {
    const auto type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    const auto ready = [&](const at::Tensor& t) {
      return t.defined() && t.numel() > 0 ? t.to(type).contiguous() : at::Tensor();
    };
    return {ready(weight), ready(bias), ready(scale), ready(shift), ready(offset)};
  }

  static at::Tensor forward(AutogradContext* context, const at::Tensor& given, const at::Tensor& weight,
                            const at::Tensor& bias, const at::Tensor& scale, const at::Tensor& shift,
                            const at::Tensor& offset, int64_t groups, double eps, bool activate, bool widen) {
    const at::Tensor x = given.contiguous(at::MemoryFormat::ChannelsLast);
    const auto type = widen && x.scalar_type() == at::kBFloat16 ? at::kFloat : x.scalar_type();
    at::Tensor y = at::empty(x.sizes(), x.options().dtype(type), at::MemoryFormat::ChannelsLast);
    for_types(x.scalar_type(), type, [&]<class X, class Y>() {
      using A = typename AccumulatorOf<X>::type;
      Coefficients<A> c(x.size(0), x.size(1), groups);
      forward_pass<X, Y>(x, small(x, weight, bias, scale, shift, offset), groups, eps, activate, c, y);
      if (context == nullptr) return;
      context->save_for_backward(
          {x, weight, bias, scale, shift, offset, c.center, c.slope, c.base, c.mean, c.inverse, c.channel_mean});
      context->saved_data["groups"] = groups;
      context->saved_data["activate"] = activate;
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const NormParameters s = small(x, saved[1], saved[2], saved[3], saved[4], saved[5]);
    at::Tensor dx = at::empty_like(x);
    const auto like = [&](const at::Tensor& t) {
      return t.defined() ? at::empty({x.size(0), x.size(1)}, t.options()) : at::Tensor();
    };
    NormParameters d = {like(s.weight), like(s.bias), like(s.scale), like(s.shift), like(s.offset)};
    for_types(x.scalar_type(), dy.scalar_type(), [&]<class X, class Y>() {
      const Coefficients<typename AccumulatorOf<X>::type> c(&saved[6]);
      backward_pass<X, Y>(x, dy, s, context->saved_data["groups"].toInt(), context->saved_data["activate"].toBool(), c,
                          dx, d);
    });
    const auto typed = [](const at::Tensor& value, const at::Tensor& like) {
      return value.defined() ? value.to(like.scalar_type()) : value;
    };
    return {dx,
            typed(d.weight.sum(0), saved[1]),
            typed(d.bias.sum(0), saved[2]),
            typed(d.scale, saved[3]),
            typed(d.shift, saved[4]),
            typed(d.offset, saved[5]),
            {},
            {},
            {},
            {}};
  }
};

// The same by ATen, for devices and types that the kernels do not support.
at::Tensor plain(const GroupNormInput& in, bool widen) {
  const auto type = in.x.scalar_type();
  const auto spread = [](const at::Tensor& t) { return t.to(at::kFloat).unsqueeze(2).unsqueeze(3); };
  at::Tensor x = in.x.to(at::kFloat);
  if (in.offset.defined()) x = x + spread(in.offset);
  at::Tensor y = at::group_norm(x, in.groups, in.weight.to(at::kFloat), in.bias.to(at::kFloat), in.eps);
  if (in.scale.defined()) y = y * (1 + spread(in.scale)) + spread(in.shift);
  if (in.activate) y = at::silu(y);
  return y.to(widen ? at::kFloat : type).contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

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
  const bool known = type == at::kFloat || type == at::kBFloat16 || type == at::kDouble;
  if (!in.x.is_cpu() || !known) return plain(in, widen);
  if (!at::GradMode::is_enabled())
    return GroupNormSilu::forward(nullptr, in.x, in.weight, in.bias, in.scale, in.shift, in.offset, in.groups, in.eps,
                                  in.activate, widen);
  // An autograd function of libtorch 1.13 takes no undefined tensors: an empty one means "none".
  const auto some = [](const at::Tensor& t) { return t.defined() ? t : at::empty({0}, at::kFloat); };
  return GroupNormSilu::apply(in.x, in.weight, in.bias, some(in.scale), some(in.shift), some(in.offset), in.groups,
                              in.eps, in.activate, widen);
}

}  // namespace sr3
