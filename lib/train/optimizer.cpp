#include "train/optimizer.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tensor/aten.h"

namespace sr3 {

namespace {

// Values per chunk: small enough for a cache, large enough that the loop over chunks costs nothing. The size is fixed,
// whatever the number of threads, since sums are formed chunk by chunk.
constexpr int64_t kChunk = 1 << 15;

// The scalars of the header's formulas, folded.
struct Update {
  float b1, a1, b2, a2, scale, size, root, epsilon, keep, toward;
};

// Compiled once for each instruction set; the CPU selects one. Without contraction, so that every variant gives the
// same bits.
__attribute__((target_clones("avx512f", "avx2", "default"), optimize("no-math-errno", "fp-contract=off"))) void
update_chunk(const Update& u, int64_t n, const float* __restrict__ gradient, float* __restrict__ p,
             float* __restrict__ m, float* __restrict__ v, float* __restrict__ ema) {
  for (int64_t i = 0; i < n; ++i) {
    const float g = gradient[i] * u.scale;
    m[i] = u.b1 * m[i] + u.a1 * g;
    v[i] = u.b2 * v[i] + u.a2 * g * g;
    p[i] = p[i] * u.keep - u.size * m[i] / (std::sqrt(v[i]) * u.root + u.epsilon);
    ema[i] += u.toward * (p[i] - ema[i]);
  }
}

__attribute__((target_clones("avx512f", "avx2", "default"), optimize("fp-contract=off"))) void average_chunk(
    float toward, int64_t n, const float* __restrict__ p, float* __restrict__ ema) {
  for (int64_t i = 0; i < n; ++i) ema[i] += toward * (p[i] - ema[i]);
}

}  // namespace

Adam::Adam(std::vector<at::Tensor> parameters, const AdamOptions& options, int64_t process, int64_t processes)
    : options_(options), parameters_(std::move(parameters)), slices_(parameters_, processes) {
  if (process < 0 || process >= processes) throw std::logic_error("Adam: no such process");
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& p = parameters_[i];
    if (p.scalar_type() != at::kFloat || !p.is_non_overlapping_and_dense())
      throw std::logic_error("Adam: a parameter is not a dense float32 tensor");
    // All four share the parameter's strides (channels_last or not), so that one flat loop serves.
    own_.push_back(slices_.of_tensor(process, i));
    m_.push_back(at::zeros_like(own_part(i, p)));
    v_.push_back(at::zeros_like(own_part(i, p)));
    ema_.push_back(own_part(i, p).clone());
    const auto add_chunks = [&](const Span& numbers, std::vector<Chunk>& to) {
      for (int64_t begin = numbers.begin; begin < numbers.end; begin += kChunk)
        to.push_back({i, begin, std::min(begin + kChunk, numbers.end)});
    };
    add_chunks({0, p.numel()}, chunks_);
    add_chunks(own_[i], own_chunks_);
  }
}

// What is in this process's slice of a tensor like parameter i: the tensor itself, or some of its numbers, flat. Shares its memory.
at::Tensor Adam::own_part(size_t i, const at::Tensor& whole) const {
  if (own_[i].size() == whole.numel()) return whole.detach();
  return flat(whole).narrow(0, own_[i].begin, own_[i].size());
}

void Adam::start_ema() {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    ema_[i].copy_(own_part(i, parameters_[i]));
    for (const auto& average : more_ema_) average[i].copy_(own_part(i, parameters_[i]));
  }
}

std::vector<at::Tensor> Adam::gradients() const {
  std::vector<at::Tensor> result;
  result.reserve(parameters_.size());
  for (const at::Tensor& p : parameters_) {
    at::Tensor g = p.grad();
    if (g.defined() && (g.strides() != p.strides() || g.scalar_type() != at::kFloat))
      g = at::empty_like(p.detach()).copy_(g.detach());
    result.push_back(g.defined() ? g.detach() : g);
  }
  return result;
}

double Adam::gradient_norm() const { return std::sqrt(squared_norm().item<double>()); }

at::Tensor Adam::squared_norm() const {
  at::NoGradGuard no_grad;
  const auto grads = gradients();
  double sum = 0;
  if (!parameters_.empty() && !parameters_[0].is_cpu()) {
    at::Tensor total;
    for (const at::Tensor& g : grads)
      if (g.defined()) {
        const at::Tensor square = g.to(at::kDouble).square().sum();
        total = total.defined() ? total + square : square;
      }
    return total.defined() ? total : at::zeros({}, parameters_[0].options().dtype(at::kDouble));
  }
  std::vector<double> partial(chunks_.size(), 0);
  at::parallel_for(0, static_cast<int64_t>(chunks_.size()), 1, [&](int64_t first, int64_t last) {
    for (int64_t c = first; c < last; ++c) {
      const auto [tensor, begin, end] = chunks_[c];
      if (!grads[tensor].defined()) continue;
      const float* g = grads[tensor].data_ptr<float>();
      double sums[8] = {};  // eight, so that additions do not wait for each other
      int64_t i = begin;
      for (; i + 8 <= end; i += 8)
        for (int lane = 0; lane < 8; ++lane) sums[lane] += double{g[i + lane]} * g[i + lane];
      for (; i < end; ++i) sums[0] += double{g[i]} * g[i];
      for (const double s : sums) partial[c] += s;
    }
  });
  for (const double p : partial) sum += p;
  return at::scalar_tensor(sum, at::kDouble);
}

void Adam::add_average() {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor>& added = more_ema_.emplace_back();
  for (size_t i = 0; i < parameters_.size(); ++i) added.push_back(own_part(i, parameters_[i]).clone());
}

void Adam::step(int64_t t, double rate, double gradient_scale, double ema_decay,
                const std::vector<double>& more_decays) {
  if (more_decays.size() != more_ema_.size()) throw std::logic_error("Adam: not a decay for each average");
  at::NoGradGuard no_grad;
  const auto grads = gradients();
  const double c1 = 1 - std::pow(options_.beta1, t), c2 = 1 - std::pow(options_.beta2, t);
  if (parameters_.empty()) return;
  if (parameters_[0].is_cpu()) return step_on_cpu(grads, rate, gradient_scale, ema_decay, more_decays, c1, c2);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (own_[i].size() == 0) continue;
    at::Tensor p = own_part(i, parameters_[i]);
    const at::Tensor g = grads[i].defined() ? own_part(i, grads[i]) * gradient_scale : at::zeros_like(p);
    m_[i].mul_(options_.beta1).add_(g, 1 - options_.beta1);
    v_[i].mul_(options_.beta2).addcmul_(g, g, 1 - options_.beta2);
    if (options_.weight_decay != 0) p.mul_(1 - rate * options_.weight_decay);
    p.addcdiv_(m_[i], (v_[i] / c2).sqrt_().add_(options_.epsilon), -rate / c1);
    ema_[i].lerp_(p, 1 - ema_decay);
    for (size_t k = 0; k < more_ema_.size(); ++k) more_ema_[k][i].lerp_(p, 1 - more_decays[k]);
  }
}

void Adam::step_on_cpu(const std::vector<at::Tensor>& grads, double rate, double gradient_scale, double ema_decay,
                       const std::vector<double>& more_decays, double c1, double c2) {
  const Update update{static_cast<float>(options_.beta1),
                      static_cast<float>(1 - options_.beta1),
                      static_cast<float>(options_.beta2),
                      static_cast<float>(1 - options_.beta2),
                      static_cast<float>(gradient_scale),
                      static_cast<float>(rate / c1),
                      static_cast<float>(1 / std::sqrt(c2)),
                      static_cast<float>(options_.epsilon),
                      static_cast<float>(1 - rate * options_.weight_decay),
                      static_cast<float>(1 - ema_decay)};
  at::parallel_for(0, static_cast<int64_t>(own_chunks_.size()), 1, [&](int64_t first, int64_t last) {
    const std::vector<float> zeros(kChunk, 0.0f);
    for (int64_t c = first; c < last; ++c) {
      const auto [tensor, begin, end] = own_chunks_[c];
      const int64_t in_state = begin - own_[tensor].begin;
      const float* gradient = grads[tensor].defined() ? grads[tensor].data_ptr<float>() + begin : zeros.data();
      update_chunk(update, end - begin, gradient, parameters_[tensor].data_ptr<float>() + begin,
                   m_[tensor].data_ptr<float>() + in_state, v_[tensor].data_ptr<float>() + in_state,
                   ema_[tensor].data_ptr<float>() + in_state);
      for (size_t k = 0; k < more_ema_.size(); ++k)
        average_chunk(static_cast<float>(1 - more_decays[k]), end - begin,
                      parameters_[tensor].data_ptr<float>() + begin, more_ema_[k][tensor].data_ptr<float>() + in_state);
    }
  });
}

std::vector<at::Tensor> Adam::take_gradients() {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> result = gradients();
  for (size_t i = 0; i < result.size(); ++i)
    if (!result[i].defined()) result[i] = at::zeros_like(parameters_[i].detach());
  clear_gradients();
  return result;
}

void Adam::set_gradients(const std::vector<at::Tensor>& gradients) {
  for (size_t i = 0; i < gradients.size(); ++i) parameters_[i].mutable_grad() = gradients[i];
}

void Adam::clear_gradients() {
  for (const at::Tensor& p : parameters_) p.mutable_grad() = at::Tensor();
}

}  // namespace sr3
