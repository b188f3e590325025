// The output of cas(1).
#pragma once

#include <string>
#include <vector>

#include "cas/cas.h"
#include "cas/pretrained.h"

namespace sr3 {

// A table with tab-separated columns and a header line, in which "-" is a missing value; with `json` one object per line
// instead, in which it is null. With `per_class` the accuracy of each class. Requires at least one run, and that all are
// runs of one job.
std::string cas_report(const std::vector<CasRun>& runs, bool per_class, bool json);

// The same of a pretrained classifier: a row for each set, with its difference to the first one.
std::string pretrained_report(const std::vector<ClassifiedSet>& sets, bool per_class, bool json);

}  // namespace sr3
