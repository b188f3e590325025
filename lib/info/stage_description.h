// The rows of info(1) for a manifest: of a stage, or of a cascade with a row for each of its stages.
#pragma once

#include <string>

#include "info/description.h"

namespace sr3 {

// Throws DataError for a document that is neither, or not a correct one.
Description manifest_rows(const std::string& path);

}  // namespace sr3
