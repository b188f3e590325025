#include "diffusion/distill.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/relative.h"
#include "diffusion/process.h"
#include "diffusion/schedule.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

std::vector<double> cosine(int64_t steps) { return make_alpha_bar(make_betas({.kind = "cosine", .steps = steps})); }

StudentSteps steps_of(double start, double middle, double end, int64_t n = 1) {
  const auto all = [n](double value) { return at::full({n}, value, at::kDouble); };
  return {all(start), all(middle), all(end), all(0), all(0)};
}

// One step of DDIM with eta 0, by the formula of Song et al. 2021, eq. 12: the noise that x0 leaves, then the new level.
at::Tensor ddim(const at::Tensor& x, const at::Tensor& x0, double t, double s) {
  const at::Tensor eps = (x - x0 * std::sqrt(t)) / std::sqrt(1 - t);
  return x0 * std::sqrt(s) + eps * std::sqrt(1 - s);
}

// The best x0 for data that are Gaussian with this mean and variance: a closed form.
Teacher gaussian(double mean, double variance) {
  return [=](const at::Tensor& x, const at::Tensor& alpha_bar, TeacherStep) {
    const at::Tensor a = alpha_bar.view({-1, 1, 1, 1});
    return (x - a.sqrt() * mean) * (a.sqrt() * variance / (a * variance + 1 - a)) + mean;
  };
}

double distance(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

}  // namespace

TEST_CASE("a distilled step lands where two of the teacher's do, whatever the teacher predicts") {
  const at::Tensor x = at::randn({1, 3, 4, 4}, at::kDouble);
  const Teacher teacher = [](const at::Tensor& x_t, const at::Tensor& alpha_bar, TeacherStep) {
    return (x_t * 3).sin() + alpha_bar.view({-1, 1, 1, 1});
  };
  for (const auto& [t, m, s] :
       {std::tuple{1e-9, 0.1, 0.4}, {0.02, 0.5, 0.9}, {0.6, 0.9, 1.0}, {0.9990, 0.9991, 0.9992}}) {
    const at::Tensor first = teacher(x, at::tensor({t}, at::kDouble), {});
    const at::Tensor x_m = ddim(x, first, t, m);
    const at::Tensor x_s = ddim(x_m, teacher(x_m, at::tensor({m}, at::kDouble), {}), m, s);
    const at::Tensor target = distillation_target(teacher, x, steps_of(t, m, s));
    CHECK(distance(ddim(x, target, t, s), x_s) < 1e-10);
    // The paper's formula, which cancels at levels that lie close together.
    const double ratio = std::sqrt((1 - s) / (1 - t));
    CHECK(distance(target, (x_s - x * ratio) / (std::sqrt(s) - ratio * std::sqrt(t))) < 1e-8);
  }
}

TEST_CASE("the target in v, for steps of equal angle, is the closed form of the halved steps") {
  // With h the half step's angle: v = (v1 + v2 / cos(h) - tan(h) x_t) / 2.
  const double phi = 1.2, h = 0.15;
  const auto level = [](double angle) { return std::pow(std::cos(angle), 2); };
  const at::Tensor x = at::randn({1, 3, 4, 4}, at::kDouble);
  std::vector<at::Tensor> v;
  const Teacher teacher = [&](const at::Tensor& x_t, const at::Tensor& alpha_bar, TeacherStep) {
    v.push_back((x_t * 2).cos());
    return x0_from(Predict::kV, x_t, v.back(), alpha_bar);
  };
  const at::Tensor x0 = distillation_target(teacher, x, steps_of(level(phi), level(phi - h), level(phi - 2 * h)));
  const at::Tensor target = (x * std::cos(phi) - x0) / std::sin(phi);
  CHECK(distance(target, (v[0] + v[1] / std::cos(h) - x * std::tan(h)) / 2) < 1e-10);
}

TEST_CASE("fp32 targets keep their digits where the levels lie close together") {
  const std::vector<double> alpha_bar = cosine(8192);
  const at::Tensor x = at::randn({1, 3, 8, 8}, at::kDouble);
  for (const size_t t : {8000u, 4000u, 100u}) {
    const StudentSteps steps = steps_of(alpha_bar[t], alpha_bar[t - 1], alpha_bar[t - 2]);
    const at::Tensor exact = distillation_target(gaussian(0.3, 0.2), x, steps);
    const at::Tensor rounded = distillation_target(gaussian(0.3, 0.2), x.to(at::kFloat), steps);
    CHECK(distance(exact, rounded) < 2e-6);
  }
}

// Two DDIM steps on Gaussian data are linear in x_t, so the student that reaches the target is known, and so is what it
// samples: halving 256 steps down to 1 leaves one linear map, with the mean and the variance that 256 steps have.
TEST_CASE("Gaussian data: a student halved down to one step samples the mean and the variance of the data") {
  const double mean = 0.4, variance = 0.09;
  const std::vector<double> alpha_bar = cosine(4096);
  // The student at each of its levels as x0 = slope x_t + offset, found from the target at two points.
  struct Linear {
    double slope, offset;
  };
  const auto levels = [&](int64_t steps) { return sampling_levels(alpha_bar, std::to_string(steps), "trailing"); };
  std::function<Linear(double)> predict = [&](double a) {
    const double slope = std::sqrt(a) * variance / (a * variance + 1 - a);
    return Linear{slope, mean - slope * std::sqrt(a) * mean};
  };
  for (const int64_t teacher_steps : halvings(256, 1)) {
    const Teacher teacher = [&](const at::Tensor& x, const at::Tensor& a, TeacherStep) {
      const Linear at_level = predict(a.item<double>());
      return x * at_level.slope + at_level.offset;
    };
    const SamplingLevels of = levels(teacher_steps);
    std::map<double, Linear> student;
    for (size_t k = 0; k < of.alpha_bar.size(); k += 2) {
      const StudentSteps step = steps_of(of.alpha_bar[k], of.alpha_bar[k + 1], of.after(k + 1));
      const double zero = distillation_target(teacher, at::zeros({1, 1, 1, 1}, at::kDouble), step).item<double>();
      const double one = distillation_target(teacher, at::ones({1, 1, 1, 1}, at::kDouble), step).item<double>();
      student[of.alpha_bar[k]] = {one - zero, zero};
    }
    predict = [student](double a) { return student.at(a); };
  }
  const Linear last = predict(alpha_bar.back());
  CHECK(last.offset == relative(mean, 0.001));
  CHECK(last.slope * last.slope == relative(variance, 0.02));  // of x0 for x_T of variance 1
}

TEST_CASE("the student's steps are every second level of the teacher's, one an example, by its number alone") {
  const std::vector<double> alpha_bar = cosine(1000);
  const SamplingLevels student = sampling_levels(alpha_bar, "4", "trailing");
  const StudentSteps all = draw_student_steps(alpha_bar, 4, 7, 0, 400);
  std::map<double, int> seen;
  for (int64_t i = 0; i < 400; ++i) {
    const double start = all.start[i].item<double>();
    const auto k = std::find(student.alpha_bar.begin(), student.alpha_bar.end(), start) - student.alpha_bar.begin();
    REQUIRE(k < 4);
    ++seen[start];
    CHECK(all.end[i].item<double>() == student.after(static_cast<size_t>(k)));
    CHECK(all.middle[i].item<double>() > start);
    CHECK(all.middle[i].item<double>() < all.end[i].item<double>());
    CHECK(alpha_bar[static_cast<size_t>(all.start_timestep[i].item<double>())] == start);
    CHECK(alpha_bar[static_cast<size_t>(all.middle_timestep[i].item<double>())] == all.middle[i].item<double>());
  }
  for (const auto& [level, count] : seen) CHECK(count > 60);
  const StudentSteps part = draw_student_steps(alpha_bar, 4, 7, 100, 10);
  CHECK(at::equal(part.start, all.start.narrow(0, 100, 10)));
  CHECK_FALSE(at::equal(draw_student_steps(alpha_bar, 4, 8, 0, 400).start, all.start));
  CHECK_THROWS_AS(draw_student_steps(cosine(6), 4, 0, 0, 1), Error);
}

TEST_CASE("halvings") {
  CHECK(halvings(32, 4) == std::vector<int64_t>{32, 16, 8});
  CHECK(halvings(2, 1) == std::vector<int64_t>{2});
  for (const auto& [first, last] : {std::pair{32, 3}, {4, 4}, {2, 4}, {24, 4}, {4, 0}, {6, 1}, {0, 0}, {-4, -2}})
    CHECK_THROWS_AS(halvings(first, last), Error);
}
