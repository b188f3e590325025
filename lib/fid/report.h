// The output of fid(1).
#pragma once

#include <string>
#include <vector>

#include "fid/collect.h"
#include "fid/compare.h"
#include "fid/signature.h"

namespace sr3 {

// The scores of one generated set.
struct SetReport {
  std::string set;  // the operand
  std::vector<Measure> measures;
  Signature first, second;  // of the set, and of the reference
};

// A table with tab-separated columns and a header line: measure value sd se low high features signature. A missing value
// is "-". Of several sets it has a first column: set.
std::string report_table(const std::vector<SetReport>& reports, bool several);
// A line of JSON for each set: an object with all measures, null for a missing value, and both full signatures; of several
// sets with its name, too.
std::string report_json(const std::vector<SetReport>& reports, bool several);
// "500 images, 12.5 a second; of the time ...", printed with -v.
std::string report_times(const Collected& collected);

}  // namespace sr3
