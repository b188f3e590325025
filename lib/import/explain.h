// Why a checkpoint does not fit, by cause and in one line: what the settings should have been, as far as shapes tell,
// then how many tensors are missing, unexpected or of another shape, with the first of each.
#pragma once

#include <string>
#include <vector>

#include "import/layout.h"

namespace sr3 {

// What of the wanted tensors is not there as wanted; "" when all are there and no others.
std::string misfit(const NetworkView& net, const std::vector<TensorSource>& wanted);

// DataError unless they are there. `settings` names what they were derived from ("the flags"); `fitting`: settings that
// the shapes speak for.
void check_fit(const NetworkView& net, const Layout& layout, const std::string& settings,
               const std::vector<std::string>& fitting);

}  // namespace sr3
