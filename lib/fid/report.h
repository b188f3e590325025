// Scores as fid(1) prints them.
#pragma once

#include <string>
#include <vector>

#include "fid/collect.h"
#include "fid/compare.h"
#include "fid/signature.h"

namespace sr3 {

// Lines of columns separated by tabs, the first their names: measure value sd se low high features signature; "-":
// none.
std::string report_table(const std::vector<Measure>& measures, const Signature& a, const Signature& b);
// One line: an object of measures, and both signatures in full.
std::string report_json(const std::vector<Measure>& measures, const Signature& a, const Signature& b);
// "500 images, 12.5 a second; of the time ...", for -v.
std::string report_times(const Collected& collected);

}  // namespace sr3
