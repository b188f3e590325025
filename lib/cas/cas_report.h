// The tables that cas(1) prints.
#pragma once

#include <string>
#include <vector>

#include "cas/cas.h"

namespace sr3 {

// Lines of columns separated by tabs, the first their names; "-": none. json: an object a line instead, null: none.
// per_class: the shares of each class. Runs of one job, at least one.
std::string cas_report(const std::vector<CasRun>& runs, bool per_class, bool json);

}  // namespace sr3
