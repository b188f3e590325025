// The normal and Student's t distributions: what intervals and tests are made of.
#pragma once

namespace sr3 {

double normal_cdf(double x);
// Its inverse; -infinity at 0, infinity at 1.
double normal_quantile(double p);

// Of df > 0 degrees of freedom, whole or not; infinite df is the normal distribution.
double student_cdf(double t, double df);
double student_quantile(double p, double df);

}  // namespace sr3
