// The normal and Student's t distributions, from which confidence intervals and tests are computed.
#pragma once

namespace sr3 {

double normal_cdf(double x);
// The inverse of normal_cdf: -infinity for p <= 0, infinity for p >= 1.
double normal_quantile(double p);

// Student's t distribution with df > 0 degrees of freedom, which need not be a whole number. Beyond 1e8, infinity
// included, it is the normal distribution.
double student_cdf(double t, double df);
double student_quantile(double p, double df);

}  // namespace sr3
