#include "study/crossed.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sr3 {
namespace {

struct Sums {
  std::vector<double> sum, count;

  Sums(const std::vector<Contribution>& values, int64_t Contribution::*side) {
    for (const Contribution& c : values) {
      const auto at = static_cast<size_t>(c.*side);
      if (at >= sum.size()) sum.resize(at + 1), count.resize(at + 1);
      sum[at] += c.value;
      ++count[at];
    }
  }
  double members() const {
    return static_cast<double>(std::count_if(count.begin(), count.end(), [](double n) { return n > 0; }));
  }
  double squares() const {
    double total = 0;
    for (const double s : sum) total += s * s;
    return total;
  }
  double squared_counts() const {
    double total = 0;
    for (const double n : count) total += n * n;
    return total;
  }
  double squares_by_count() const {
    double total = 0;
    for (size_t i = 0; i < sum.size(); ++i)
      if (count[i] > 0) total += sum[i] * sum[i] / count[i];
    return total;
  }
};

}  // namespace

CrossedError crossed_error(const std::vector<Contribution>& contributions, double floor) {
  const Sums raters(contributions, &Contribution::rater), images(contributions, &Contribution::image);
  double own = 0;
  for (const Contribution& c : contributions) own += c.value * c.value;
  const double r = raters.members(), i = images.members();
  const double by_rater = r > 1 ? raters.squares() * r / (r - 1) : 0;
  const double by_image = i > 1 ? images.squares() * i / (i - 1) : 0;
  CrossedError error;
  error.variance = by_rater + by_image - (r > 1 && i > 1 ? own : 0);
  const double uncertain = (r > 1 ? by_rater * by_rater / (r - 1) : 0) + (i > 1 ? by_image * by_image / (i - 1) : 0);
  error.variance = std::max(error.variance, floor);
  error.df = uncertain > 0 ? std::max(1.0, error.variance * error.variance / uncertain)
                           : std::numeric_limits<double>::infinity();
  return error;
}

Icc intraclass(const std::vector<Contribution>& values) {
  const Sums raters(values, &Contribution::rater), images(values, &Contribution::image);
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const Contribution& c : values) sum += c.value, squares += c.value * c.value;
  const double r = raters.members(), i = images.members();
  if (n <= r || n <= i || r < 2 || i < 2) return {};
  // The variance within raters is that of the images plus the rest, the variance within images is that of the raters plus
  // the rest, and the total variance is the sum of all three: a linear system, which is solved for the rest first.
  const double image_and_rest = (squares - raters.squares_by_count()) / (n - r);
  const double rater_and_rest = (squares - images.squares_by_count()) / (n - i);
  const double of_raters = n * n - raters.squared_counts(), of_images = n * n - images.squared_counts();
  const double scale = n * n - n - of_raters - of_images;
  if (scale == 0) return {};
  const double rest = (squares * n - sum * sum - rater_and_rest * of_raters - image_and_rest * of_images) / scale;
  const double rater = std::max(0.0, rater_and_rest - rest), image = std::max(0.0, image_and_rest - rest);
  const double total = rater + image + std::max(0.0, rest);
  return total > 0 ? Icc{rater / total, image / total} : Icc{};
}

double crossed_variance(double p, double n, double raters, double images, const Icc& icc) {
  return p * (1 - p) * (1 / n + icc.rater * (1 / raters - 1 / n) + icc.image * (1 / images - 1 / n));
}

}  // namespace sr3
