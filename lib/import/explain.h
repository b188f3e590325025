// Explains in one line why a checkpoint does not fit: which settings would fit, as far as shapes determine them, then how
// many tensors are missing, unexpected or of another shape, with the first of each.
#pragma once

#include <string>
#include <vector>

#include "import/layout.h"

namespace sr3 {

// The differences between the tensors of a network and the expected ones; "" if there are none.
std::string misfit(const NetworkView& net, const std::vector<TensorSource>& wanted);

// DataError unless the network has exactly the layout's tensors. `settings` names what the layout was derived from ("the
// flags"); `fitting` are the settings that the shapes suggest.
void check_fit(const NetworkView& net, const Layout& layout, const std::string& settings,
               const std::vector<std::string>& fitting);

}  // namespace sr3
