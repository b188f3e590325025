#include "diffusion/schedule.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/error.h"
#include "base/relative.h"
#include "diffusion/process.h"

using namespace sr3;

namespace {

std::vector<double> alpha_bar_of(const std::string& kind, int64_t steps, double start = 1e-4, double end = 0.02) {
  ScheduleOptions options;
  options.kind = kind, options.steps = steps, options.beta_start = start, options.beta_end = end;
  return make_alpha_bar(make_betas(options));
}

// In increasing order, as in guided-diffusion.
std::vector<int64_t> steps_of(int64_t T, const std::string& steps, const std::string& spacing = "uniform") {
  const auto levels = sampling_levels(alpha_bar_of("linear", T), steps, spacing);
  return {levels.timestep.rbegin(), levels.timestep.rend()};
}

std::vector<int64_t> head(const std::vector<int64_t>& all, size_t n) { return {all.begin(), all.begin() + n}; }
std::vector<int64_t> tail(const std::vector<int64_t>& all, size_t n) { return {all.end() - n, all.end()}; }

doctest::Approx near(double value, double epsilon = 1e-9) { return relative(value, epsilon); }

}  // namespace

// Results of running guided-diffusion and Janspiry's SR3.
TEST_CASE("schedules reproduce the published tables") {
  const auto linear = alpha_bar_of("linear", 1000);
  CHECK(linear[0] == near(0.9999));
  CHECK(linear[1] == near(0.9997800921));
  CHECK(linear[499] == near(0.07858724288));
  CHECK(linear[999] == near(4.035829765e-5));

  const auto cosine = alpha_bar_of("cosine", 1000);
  CHECK(1 - cosine[0] == near(4.128422482e-5));
  CHECK(cosine[499] == near(0.4938435904));
  CHECK(cosine[998] == near(2.428766907e-6));
  CHECK(1 - cosine[999] / cosine[998] == near(0.999));
  const auto finer = alpha_bar_of("cosine", 4000);
  CHECK(1 - finer[0] == near(9.865818814e-6));
  CHECK(finer[2000] == near(0.4934539797));

  const auto sr3 = alpha_bar_of("linear", 2000, 1e-6, 1e-2);
  CHECK(sr3[0] == near(0.999999));
  CHECK(sr3[999] == near(0.08178379205));
  CHECK(sr3[1999] == near(4.385978236e-5));
}

// numpy: linspace(sqrt a, sqrt b)^2; sigmoid(linspace(-6, 6)) between the two.
TEST_CASE("quadratic, sigmoid and given betas") {
  ScheduleOptions options;
  options.steps = 10;
  options.kind = "quadratic";
  auto betas = make_betas(options);
  CHECK(betas[4] == near(0.004679858549320046));
  CHECK(make_alpha_bar(betas)[9] == near(0.9273613529864706));
  options.kind = "sigmoid";
  betas = make_betas(options);
  CHECK(betas[0] == near(0.00014920520081703202));
  CHECK(betas[4] == near(0.006850948261560237));
  CHECK(betas[9] == near(0.01995079479918297));
  options.kind = "betas";
  options.betas = {0.5, 0.25};
  CHECK(make_alpha_bar(make_betas(options)) == std::vector<double>{0.5, 0.375});
}

TEST_CASE("an invalid schedule is an error that states the reason") {
  ScheduleOptions options;
  const auto fails = [&](const char* text) { CHECK_THROWS_WITH_AS(make_betas(options), text, Error); };
  options.kind = "cubic";
  fails("cannot make the noise schedule: unknown kind 'cubic'");
  options.kind = "linear", options.steps = 0;
  fails("cannot make the noise schedule: no steps");
  options.steps = 3, options.beta_end = 1;
  fails("cannot make the noise schedule: beta 3 is 1, not between 0 and 1");
  options.beta_start = 0;
  fails("cannot make the noise schedule: beta 1 is 0, not between 0 and 1");
  options.kind = "betas";
  fails("cannot make the noise schedule: no betas");
  options.betas = {0.1, std::nan("")};
  CHECK_THROWS_AS(make_betas(options), Error);
  CHECK_THROWS_AS(make_alpha_bar(std::vector<double>(3, 1e-20)), Error);       // does not decrease
  CHECK_THROWS_AS(make_alpha_bar(std::vector<double>(40, 1 - 1e-15)), Error);  // reaches 0
}

// Results of guided-diffusion's respace.py.
TEST_CASE("sections are those of guided-diffusion") {
  CHECK(head(steps_of(1000, "250"), 4) == std::vector<int64_t>{0, 4, 8, 12});
  CHECK(tail(steps_of(1000, "250"), 3) == std::vector<int64_t>{991, 995, 999});
  CHECK(head(steps_of(1000, "100"), 8) == std::vector<int64_t>{0, 10, 20, 30, 40, 50, 61, 71});
  CHECK(head(steps_of(1000, "50"), 5) == std::vector<int64_t>{0, 20, 41, 61, 82});
  CHECK(tail(steps_of(1000, "50"), 2) == std::vector<int64_t>{979, 999});
  CHECK(head(steps_of(1000, "25"), 5) == std::vector<int64_t>{0, 42, 83, 125, 166});
  CHECK(tail(steps_of(1000, "25"), 2) == std::vector<int64_t>{957, 999});
  CHECK(steps_of(1000, "10")[1] == 111);
  const auto five = steps_of(1000, "10,10,15,20,20");
  CHECK(five.size() == 75);
  CHECK(head(five, 6) == std::vector<int64_t>{0, 22, 44, 66, 88, 111});
  CHECK(steps_of(4000, "250")[1] == 16);
  CHECK(head(steps_of(4000, "100"), 4) == std::vector<int64_t>{0, 40, 81, 121});
  CHECK(steps_of(4000, "100").back() == 3999);
  CHECK(steps_of(7, "7") == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6});
  CHECK(steps_of(1000, "1") == std::vector<int64_t>{999});
}

TEST_CASE("integer strides, and numbers of steps for which there is none") {
  CHECK(steps_of(1000, "25", "ddim").back() == 960);
  CHECK(steps_of(1000, "ddim50").back() == 980);
  CHECK(steps_of(1000, "100", "ddim").back() == 990);
  CHECK(tail(steps_of(1000, "ddim30"), 1) == std::vector<int64_t>{986});
  for (const char* none : {"60", "64", "75", "80", "90", "120", "150", "300"})
    CHECK_THROWS_AS(steps_of(1000, none, "ddim"), Error);
  const auto alpha_bar = alpha_bar_of("linear", 1000);
  CHECK_FALSE(sampling_levels(alpha_bar, "ddim25", "uniform").keeps_end);
  CHECK(sampling_levels(alpha_bar, "25", "uniform").keeps_end);
  CHECK(sampling_levels(alpha_bar, "25", "log-snr").keeps_end);
  CHECK_FALSE(sampling_levels(alpha_bar, "5,1", "uniform").keeps_end);
}

TEST_CASE("a shortened schedule has guided-diffusion's betas, and the training schedule's end") {
  const auto alpha_bar = alpha_bar_of("linear", 1000);
  const auto levels = sampling_levels(alpha_bar, "250", "uniform");
  const auto beta = [&](size_t k) {  // k from the clean end
    const size_t i = levels.alpha_bar.size() - 1 - k;
    return q_posterior(levels.alpha_bar[i], k == 0 ? 1 : levels.alpha_bar[i + 1]).beta;
  };
  CHECK(beta(0) == near(1e-4, 1e-7));
  CHECK(beta(1) == near(5.9906556e-4, 1e-7));
  CHECK(beta(2) == near(9.1760299e-4, 1e-7));
  CHECK(beta(249) == near(0.077519305, 1e-6));
  CHECK(levels.alpha_bar.front() == alpha_bar.back());
}

TEST_CASE("log-snr spacing keeps the ends, repeats no step, and is uniform where the schedule is dense enough") {
  for (const char* kind : {"linear", "cosine"})
    for (int64_t n : {2, 10, 25, 100, 500, 999, 1000}) {
      const auto alpha_bar = alpha_bar_of(kind, 1000);
      const auto levels = sampling_levels(alpha_bar, std::to_string(n), "log-snr");
      REQUIRE(levels.timestep.size() == static_cast<size_t>(n));
      CHECK(levels.timestep.front() == 999);
      CHECK(levels.timestep.back() == 0);
      bool falls = true;
      for (int64_t k = 1; k < n; ++k) falls &= levels.timestep[k] < levels.timestep[k - 1];
      CHECK(falls);
    }
  const auto levels = sampling_levels(alpha_bar_of("linear", 1000), "10", "log-snr");
  const auto log_snr = [&](size_t k) { return std::log(levels.alpha_bar[k] / (1 - levels.alpha_bar[k])); };
  const double step = (log_snr(9) - log_snr(0)) / 9;
  // At the clean end the schedule's own steps are up to 0.8 apart.
  for (size_t k = 0; k < 10; ++k) CHECK(std::abs(log_snr(k) - log_snr(0) - step * static_cast<double>(k)) < 0.45);
}

// numpy.round(numpy.arange(1000, 0, -1000 / N)) - 1, as diffusers has it.
TEST_CASE("trailing spacing: the noisiest level and even strides, and every second of 2N is one of N") {
  const auto alpha_bar = alpha_bar_of("cosine", 1000);
  const auto steps = [&](int64_t n) { return sampling_levels(alpha_bar, std::to_string(n), "trailing").timestep; };
  CHECK(steps(1) == std::vector<int64_t>{999});
  CHECK(steps(4) == std::vector<int64_t>{999, 749, 499, 249});
  CHECK(steps(16) ==
        std::vector<int64_t>{999, 937, 874, 811, 749, 687, 624, 561, 499, 437, 374, 311, 249, 187, 124, 61});
  CHECK(steps(1000).back() == 0);
  CHECK(sampling_levels(alpha_bar, "7", "trailing").keeps_end);
  for (const int64_t n : {1, 3, 8, 100, 500}) {
    const auto coarse = steps(n), fine = steps(2 * n);
    for (size_t k = 0; k < coarse.size(); ++k) CHECK(fine[2 * k] == coarse[k]);
  }
}

TEST_CASE("impossible steps are errors") {
  for (const char* steps : {"0", "-3", "", "ten", "10,", "10,,5", "1001", "300,600,400", "2.5", "ddim", "ddim0"})
    CHECK_THROWS_AS(steps_of(1000, steps), Error);
  CHECK_THROWS_WITH_AS(steps_of(10, "4,7"),
                       "cannot use '4,7' as sampling steps: cannot take 7 steps from a section of 5", Error);
  CHECK_THROWS_AS(steps_of(10, "4,4", "log-snr"), Error);
  CHECK_THROWS_AS(steps_of(10, "4", "karras"), Error);
}

// reference: the last betas with which alpha_bar_T = 4.39e-5 is kept from a first beta of 1e-6.
TEST_CASE("last betas that keep the final noise level of a longer schedule") {
  const std::pair<int64_t, double> known[] = {{1000, 0.0199}, {500, 0.0395}, {200, 0.0969},
                                              {100, 0.187},   {50, 0.350},   {20, 0.71}};
  for (const auto& [steps, end] : known) {
    const double found = beta_end_for({.kind = "linear", .steps = steps, .beta_start = 1e-6}, 4.385978236e-5);
    CHECK(found == near(end, 6e-3));
    CHECK(alpha_bar_of("linear", steps, 1e-6, found).back() == near(4.385978236e-5, 1e-6));
  }
  for (const char* kind : {"quadratic", "sigmoid"}) {
    CAPTURE(kind);
    const double found = beta_end_for({.kind = kind, .steps = 100}, 1e-3);
    CHECK(alpha_bar_of(kind, 100, 1e-4, found).back() == near(1e-3, 1e-6));
  }
  CHECK_THROWS_AS(beta_end_for({.kind = "linear", .steps = 20, .beta_start = 0.5}, 0.9), Error);
  CHECK_THROWS_AS(beta_end_for({.kind = "linear", .steps = 1}, 0.5), Error);
}

TEST_CASE("free levels: schedules of their own, lists, and the ends of the training schedule") {
  const std::vector<double> training = alpha_bar_of("cosine", 1000);
  // Of as many steps, the training schedule itself, from its noisy end.
  const SamplingLevels all = free_levels(training, "cosine", 1000);
  REQUIRE(all.alpha_bar.size() == 1000);
  for (size_t k = 0; k < 1000; ++k) {
    // Except at the end, where the training's last beta is limited.
    if (k > 0) CHECK(all.alpha_bar[k] == near(training[999 - k], 1e-9));
    CHECK(all.timestep[k] == 999 - static_cast<int64_t>(k));
  }
  CHECK(all.keeps_end);
  // 1 - beta: 0.9, 0.7, 0.5; the products from the last step on.
  const SamplingLevels linear = free_levels(training, "linear:0.1,0.5", 3);
  CHECK(linear.alpha_bar[0] == near(0.9 * 0.7 * 0.5, 1e-12));
  CHECK(linear.alpha_bar[1] == near(0.9 * 0.7, 1e-12));
  CHECK(linear.alpha_bar[2] == near(0.9, 1e-12));
  CHECK(!linear.keeps_end);
  // The nearest timestep of each.
  for (size_t k = 0; k < 3; ++k)
    for (const double other : training)
      CHECK(std::abs(training[static_cast<size_t>(linear.timestep[k])] - linear.alpha_bar[k]) <=
            std::abs(other - linear.alpha_bar[k]));
  const SamplingLevels listed = free_levels(training, "1e-300,0.25,0.9999999999", 0);
  CHECK(listed.alpha_bar == std::vector<double>{training.back(), 0.25, training.front()});
  CHECK(listed.keeps_end);
  CHECK(listed.end == 1);
  CHECK(free_levels(training, "0.5", 1).alpha_bar == std::vector<double>{0.5});
  for (const char* levels : {"", "sine", "0.5,0.5", "0.7,0.3", "0,0.5", "0.5,1", "nan", "linear:", "linear:0.1",
                             "linear:0.1,2", "linear:0.1,0.2,0.3", "1e-300,1e-299"})
    CHECK_THROWS_AS(free_levels(training, levels, 2), Error);
  CHECK_THROWS_WITH_AS(free_levels(training, "0.1,0.5,0.9", 2),
                       "cannot use the levels '0.1,0.5,0.9': 3 levels for 2 steps", Error);
  CHECK_THROWS_AS(free_levels(training, "cosine", 0), Error);
}
