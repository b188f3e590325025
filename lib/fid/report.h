// The output of fid(1).
#pragma once

#include <string>
#include <vector>

#include "fid/collect.h"
#include "fid/compare.h"
#include "fid/signature.h"

namespace sr3 {

// A table with tab-separated columns and a header line: measure value sd se low high features signature. A missing value
// is "-".
std::string report_table(const std::vector<Measure>& measures, const Signature& a, const Signature& b);
// One line of JSON: an object with all measures and both full signatures.
std::string report_json(const std::vector<Measure>& measures, const Signature& a, const Signature& b);
// "500 images, 12.5 a second; of the time ...", printed with -v.
std::string report_times(const Collected& collected);

}  // namespace sr3
