#include "stream/shard.h"

#include "base/error.h"
#include "base/options.h"

namespace sr3 {

Shard::Shard(const std::string& text) {
  if (text.empty()) return;
  const size_t slash = text.find('/');
  try {
    if (slash == std::string::npos) throw UsageError("");
    first = parse_int(text.substr(0, slash)) - 1;
    step = parse_int(text.substr(slash + 1));
    if (first < 0 || first >= step) throw UsageError("");
  } catch (const UsageError&) {
    throw UsageError(cat("--shard: '", text, "' is not I/N with I from 1 to N"));
  }
}

}  // namespace sr3
