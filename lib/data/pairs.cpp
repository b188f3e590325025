#include "data/pairs.h"

#include <unordered_map>

#include "base/error.h"
#include "base/log.h"

namespace sr3 {
namespace {

DataOptions of_low_res(const DataOptions& options) {
  if (options.preprocess != "crop" || options.pad > 0)
    throw UsageError("--low-res-data pairs images as they are: it excludes --pad, and needs --preprocess crop");
  DataOptions low = options;
  low.operands = {options.low_res};
  return low;
}

std::string size_text(int64_t width, int64_t height) { return cat(width, "x", height); }

}  // namespace

Pairs::Pairs(const DataOptions& options, const Dataset& high, int64_t low_side, int64_t scale)
    : low_(of_low_res(options), low_side), scale_(scale) {
  std::unordered_map<std::string, int64_t> by_key;
  for (int64_t i = 0; i < low_.size(); ++i) by_key.emplace(low_.key(i), i);
  for (int64_t i = 0; i < high.size(); ++i) {
    const auto found = by_key.find(high.key(i));
    if (found == by_key.end())
      throw Error(cat("cannot pair '", high.origin(i), "': no low-resolution image '", high.key(i), "' in '",
                      options.low_res, "'"));
    low_of_.push_back(found->second);
    try {
      const auto [shorter, longer] = high.sides(i);
      const auto [low_shorter, low_longer] = low_.sides(found->second);
      if (low_shorter != shorter / scale || low_longer != longer / scale)
        throw Error(cat("cannot pair '", high.origin(i), "' with '", low_.origin(found->second), "': sides of ", longer,
                        " and ", shorter, " pixels are not ", scale, " times those of ", low_longer, " and ",
                        low_shorter));
    } catch (const DataError&) {
      if (!options.keep_going) throw;  // else it is reported, and replaced, when it is to be used
    }
  }
  if (const int64_t others = low_.size() - high.size(); others > 0)
    info(cat("'", options.low_res, "' has ", others, " more images, which are not used"));
}

std::shared_ptr<const Image> Pairs::low_res(int64_t i, const Image& image) {
  const int64_t j = low_of_[static_cast<size_t>(i)];
  auto low = low_.image(j);
  if (low->width != image.width / scale_ || low->height != image.height / scale_)
    throw DataError(cat("cannot pair '", low_.origin(j), "': its size, ", size_text(low->width, low->height),
                        ", is not that of the image, ", size_text(image.width, image.height), ", divided by ", scale_));
  return low;
}

}  // namespace sr3
