#include "train/optimizer.h"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/relative.h"
#include "parallel/slices.h"
#include "tensor/aten.h"
#include "train/ema.h"
#include "train/learning_rate.h"

using namespace sr3;

namespace {

at::Tensor leaf(const std::vector<float>& values) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())});
  std::memcpy(tensor.data_ptr<float>(), values.data(), values.size() * sizeof(float));
  return tensor.requires_grad_(true);
}

void set_gradient(const at::Tensor& parameter, const at::Tensor& gradient) { parameter.mutable_grad() = gradient; }

// A single parameter by the papers' formulas, in double precision.
struct Slow {
  double p, m = 0, v = 0, ema, decay;
  Slow(double value, double weight_decay) : p(value), ema(value), decay(weight_decay) {}
  void step(int t, double rate, double g, double d) {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    p -= rate * decay * p;
    p -= rate * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
    ema = d * ema + (1 - d) * p;
  }
};

}  // namespace

TEST_CASE("gradients that are taken and set again are those of the parameters, and an undefined one is zero") {
  const at::Tensor a = leaf({1, 2}), b = leaf({3});
  Adam adam({a, b}, {});
  const at::Tensor g = at::full({2}, 5.0f);
  set_gradient(a, g);
  const auto taken = adam.take_gradients();
  CHECK(!a.grad().defined());
  CHECK(at::equal(taken[0], g));
  CHECK(at::equal(taken[1], at::zeros({1})));
  CHECK(adam.gradient_norm() == 0);
  adam.set_gradients(taken);
  CHECK(adam.gradient_norm() == doctest::Approx(std::sqrt(50.0)));
}

TEST_CASE("Adam agrees with the formula in double precision") {
  for (const double weight_decay : {0.0, 0.1}) {
    CAPTURE(weight_decay);
    const std::vector<float> start = {0.5f, -2.0f, 3.0f, 0.0f};
    const at::Tensor p = leaf(start);
    Adam adam({p}, {.weight_decay = weight_decay});
    adam.add_average();
    adam.add_average();
    std::vector<Slow> slow, slower, slowest;
    for (const float value : start)
      for (auto* each : {&slow, &slower, &slowest}) each->emplace_back(value, weight_decay);
    for (int t = 1; t <= 50; ++t) {
      at::Tensor g = at::empty({4});
      for (int i = 0; i < 4; ++i)
        g.data_ptr<float>()[i] = std::sin(static_cast<float>(t * (i + 1))) * (i == 3 ? 1e-6f : 1.0f);
      set_gradient(p, g);
      adam.step(t, 0.01, 0.5, 0.9, {0.99, 0.5});
      for (int i = 0; i < 4; ++i) {
        const double gradient = 0.5 * g.data_ptr<float>()[i];
        slow[i].step(t, 0.01, gradient, 0.9);
        slower[i].step(t, 0.01, gradient, 0.99);
        slowest[i].step(t, 0.01, gradient, 0.5);
      }
    }
    for (int i = 0; i < 4; ++i) {
      CHECK(p.detach().data_ptr<float>()[i] == relative(slow[i].p, 1e-4));
      CHECK(adam.ema()[0].data_ptr<float>()[i] == relative(slow[i].ema, 1e-4));
      CHECK(adam.more_ema()[0][0].data_ptr<float>()[i] == relative(slower[i].ema, 1e-4));
      CHECK(adam.more_ema()[1][0].data_ptr<float>()[i] == relative(slowest[i].ema, 1e-4));
      CHECK(adam.second_moment()[0].data_ptr<float>()[i] == relative(slow[i].v, 1e-4));
    }
  }
}

TEST_CASE("processes with a slice of the state each make the updates of one, with a share of its memory") {
  const auto leaves = [] {
    at::manual_seed(9);
    std::vector<at::Tensor> all;
    for (const auto& shape : std::vector<std::vector<int64_t>>{{70001}, {3}, {8, 4, 3, 3}, {1}, {40000}})
      all.push_back(at::randn(shape)
                        .contiguous(shape.size() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous)
                        .requires_grad_(true));
    return all;
  };
  const auto bytes = [](const Adam& adam) {
    int64_t sum = 0;
    for (const auto* state : {&adam.first_moment(), &adam.second_moment(), &adam.ema()})
      for (const at::Tensor& tensor : *state) sum += static_cast<int64_t>(tensor.nbytes());
    return sum;
  };
  const auto same = [](const at::Tensor& a, const at::Tensor& b) {
    return a.nbytes() == 0 || std::memcmp(flat(a).data_ptr(), flat(b).data_ptr(), a.nbytes()) == 0;
  };
  for (const int64_t processes : {2, 4, 8}) {
    CAPTURE(processes);
    const std::vector<at::Tensor> whole = leaves();
    Adam one(whole, {.weight_decay = 0.1});
    std::vector<std::vector<at::Tensor>> copies;
    std::vector<Adam> many;
    for (int64_t process = 0; process < processes; ++process) {
      copies.push_back(leaves());
      many.emplace_back(copies.back(), AdamOptions{.weight_decay = 0.1}, process, processes);
    }
    for (int64_t t = 1; t <= 3; ++t) {
      const auto update = [&](Adam& adam) {
        at::manual_seed(static_cast<uint64_t>(t));
        for (const at::Tensor& p : adam.parameters()) set_gradient(p, at::randn_like(p.detach()));
        const double norm = adam.gradient_norm();
        adam.step(t, 0.01, 0.5, 0.9);
        return norm;
      };
      const double norm = update(one);
      for (Adam& adam : many) CHECK(update(adam) == norm);
      // As ProcessGroup::exchange_slices does.
      for (int64_t from = 0; from < processes; ++from) {
        const Span own = many[from].slices().of(from, from + 1);
        for (Adam& adam : many) adam.slices().set(own, many[from].slices().get(own));
      }
      for (size_t i = 0; i < whole.size(); ++i)
        for (const auto& copy : copies) CHECK(same(copy[i].detach(), whole[i].detach()));
    }
    int64_t held = 0;
    for (int64_t process = 0; process < processes; ++process) {
      CHECK(bytes(many[process]) <= bytes(one) / processes + 12);
      held += bytes(many[process]);
      for (size_t i = 0; i < whole.size(); ++i) {
        const Span own = many[process].slices().of_tensor(process, i);
        const auto part = [&](const at::Tensor& all) { return flat(all).narrow(0, own.begin, own.size()); };
        CHECK(same(many[process].ema()[i], part(one.ema()[i])));
        CHECK(same(many[process].first_moment()[i], part(one.first_moment()[i])));
        CHECK(same(many[process].second_moment()[i], part(one.second_moment()[i])));
      }
      many[process].start_ema();
      for (size_t i = 0; i < whole.size(); ++i) {
        const Span own = many[process].slices().of_tensor(process, i);
        CHECK(same(many[process].ema()[i], flat(whole[i]).narrow(0, own.begin, own.size())));
      }
    }
    CHECK(held == bytes(one));
  }
}

TEST_CASE("Adam's first step has the size of the learning rate, whatever the size of the gradient") {
  // Closed form: m / (1 - b1) = g and sqrt(v / (1 - b2)) = |g|, so the step is rate * sign(g).
  const at::Tensor p = leaf({1, 1, 1, 1});
  Adam adam({p}, {});
  at::Tensor g = at::empty({4});
  const float values[] = {1e-3f, -1e-3f, 100, -1e4f};
  std::memcpy(g.data_ptr<float>(), values, sizeof values);
  set_gradient(p, g);
  adam.step(1, 0.25, 1, 0);
  const double expected[] = {0.75, 1.25, 0.75, 1.25};
  for (int i = 0; i < 4; ++i) CHECK(p.detach().data_ptr<float>()[i] == relative(expected[i], 1e-4));
  CHECK(at::equal(adam.ema()[0], p.detach()));
}

TEST_CASE("Adam: many chunks, channels_last, undefined gradients; the same bytes for any number of threads") {
  const auto run = [](int threads) {
    at::set_num_threads(threads);
    at::Tensor big = at::arange(100003, at::kFloat).mul_(1e-5).requires_grad_(true);
    at::Tensor conv =
        at::arange(2 * 3 * 3 * 3, at::kFloat).view({2, 3, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast);
    conv.requires_grad_(true);
    at::Tensor idle = leaf({7});
    Adam adam({big, conv, idle}, {});
    adam.add_average();
    for (int t = 1; t <= 3; ++t) {
      set_gradient(big, at::sin(at::arange(100003, at::kFloat) * t));
      set_gradient(conv, at::arange(54, at::kFloat).view({2, 3, 3, 3}) - 20);  // strides other than the parameter's
      CHECK(std::isfinite(adam.gradient_norm()));
      adam.step(t, 1e-3, 1, 0.5, {0.5});
      CHECK(at::equal(adam.more_ema()[0][0], adam.ema()[0]));
      CHECK(at::equal(adam.more_ema()[0][1], adam.ema()[1]));
      adam.clear_gradients();
      CHECK(!big.grad().defined());
    }
    CHECK(idle.item<float>() == 7);
    return std::vector<at::Tensor>{big.detach().clone(), conv.detach().clone(), adam.ema()[0].clone(),
                                   adam.ema()[1].clone()};
  };
  const auto one = run(1), three = run(3);
  for (size_t i = 0; i < one.size(); ++i) CHECK(at::equal(one[i], three[i]));
  // The gradient is applied to the element of the same index, not of the same address: sign of (i - 20).
  const at::Tensor moved = one[1].contiguous().view(-1) - at::arange(54, at::kFloat);
  CHECK(moved[0].item<float>() > 0);
  CHECK(moved[53].item<float>() < 0);
  CHECK(std::fabs(moved[20].item<float>()) < 1e-6);
}

TEST_CASE("gradient_norm is the norm of all gradients, and is not finite if one of them is not") {
  const at::Tensor a = leaf({0, 0}), b = leaf({0}), c = leaf({1});
  Adam adam({a, b, c}, {});
  CHECK(adam.gradient_norm() == 0);
  set_gradient(a, at::full({2}, 2.0f));
  set_gradient(b, at::full({1}, 1.0f));
  CHECK(adam.gradient_norm() == relative(3));
  set_gradient(b, at::full({1}, std::numeric_limits<float>::infinity()));
  CHECK(!std::isfinite(adam.gradient_norm()));
  set_gradient(b, at::full({1}, std::numeric_limits<float>::quiet_NaN()));
  CHECK(!std::isfinite(adam.gradient_norm()));
  // Squares that overflow float do not overflow the sum.
  set_gradient(b, at::full({1}, 1e30f));
  CHECK(adam.gradient_norm() == relative(1e30));
}

TEST_CASE("the decay of the average starts small") {
  CHECK(ema_decay(0.999, 1) == relative(2.0 / 11));
  CHECK(ema_decay(0.999, 90) == relative(0.91));
  CHECK(ema_decay(0.999, 1000000) == 0.999);
  CHECK(ema_decay(0, 5) == 0);
}

TEST_CASE("the learning rate warms up, stays or falls") {
  LearningRate rate{1.0, 4, "none", 14};
  CHECK(rate.at(1) == 0.25);
  CHECK(rate.at(4) == 1);
  CHECK(rate.at(1000) == 1);
  rate.decay = "linear";
  CHECK(rate.at(4) == 1);
  CHECK(rate.at(5) == 1);
  CHECK(rate.at(10) == relative(0.5));
  CHECK(rate.at(14) == relative(0.1));
  CHECK(std::abs(rate.at(15)) < 1e-12);
  CHECK(std::abs(rate.at(99)) < 1e-12);
  rate.decay = "cosine";
  CHECK(rate.at(5) == 1);
  CHECK(rate.at(10) == relative(0.5));
  CHECK(rate.at(15) == relative(0).scale(1));
  rate.warmup = 0;
  rate.decay = "none";
  CHECK(rate.at(1) == 1);
}
