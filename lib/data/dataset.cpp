#include "data/dataset.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/log.h"
#include "degrade/resize.h"
#include "format/digest.h"
#include "image/peek.h"

namespace sr3 {
namespace {

// The shorter and the longer side of the stored image. Most headers lie within the first 64 KiB; otherwise the whole file
// is loaded. A file without a readable size is decoded, which throws an error that explains it.
std::pair<int64_t, int64_t> sides_of(const Listing& listing, size_t i) {
  const Listing::Item& item = listing.items[i];
  auto size = peek_size(item.bytes);
  if (!item.path.empty()) {
    FileSource file(item.path);
    Bytes head(size_t{1} << 16);
    size_t used = 0;
    while (const size_t got = used < head.size() ? file.read(head.data() + used, head.size() - used) : 0) used += got;
    size = peek_size({head.data(), used});
    if (!size) size = peek_size(listing.load(i));
  }
  if (size) return std::minmax(size->first, size->second);
  const Image image = listing.decode(i);
  return std::minmax(image.width, image.height);
}

}  // namespace

Dataset::Dataset(const DataOptions& options, int64_t side)
    : listing_(options.operands),
      side_(side),
      pad_(options.pad),
      resize_(options.preprocess == "resize"),
      budget_(static_cast<uint64_t>(std::max<int64_t>(options.cache_mb, 0)) << 20) {
  if (resize_ && options.min_detail > 0)
    throw UsageError("--min-detail: whole images are not drawn again, as crops are (--preprocess crop)");
  if (!resize_ && options.preprocess != "crop")
    throw UsageError(cat("unknown preprocessing '", options.preprocess, "'"));
  leave_out(options.leave_out);
  leave_small_ones(options);
  if (listing_.items.empty()) throw Error("no images to train on");
}

void Dataset::leave_out(const std::vector<std::string>& paths) {
  std::erase_if(listing_.items, [&](const Listing::Item& item) {
    return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
      std::error_code none;  // neither file has to exist
      return base_name(item.path) == base_name(path) && std::filesystem::equivalent(item.path, path, none);
    });
  });
}

void Dataset::leave_small_ones(const DataOptions& options) {
  std::vector<Listing::Item> fit;
  std::string first;
  int64_t small = 0;
  for (size_t i = 0; i < listing_.items.size(); ++i) {
    int64_t side = side_;
    try {
      side = std::max(sides_of(listing_, i).first, pad_);
    } catch (const Error& error) {
      if (!options.keep_going) throw DataError(cat(error.what(), options.can_keep_going ? kKeepGoingHelps : ""));
    }
    if (side < side_) {
      if (small++ == 0) first = cat("'", listing_.items[i].origin, "' is ", side, " pixels on its shorter side");
    } else {
      fit.push_back(std::move(listing_.items[i]));
    }
  }
  if (small == 0) {
    listing_.items = std::move(fit);
    return;
  }
  const std::string what =
      cat(small, small == 1 ? " image is" : " images are", " smaller than the ", side_, "x", side_, " crop");
  if (!options.skip_small || fit.empty()) throw Error(cat("cannot train on these images: ", what, ": ", first));
  info(cat("left out: ", what));
  listing_.items = std::move(fit);
}

// Image i in 8 bits, padded to at least pad x pad pixels by repeating its border, and resized if that is requested.
Image Dataset::prepared(int64_t i) const {
  const Image decoded = listing_.decode(static_cast<size_t>(i));
  if (decoded.depth > 8) warn_once("16 bits per sample become 8: networks are trained on 8");
  Image image = padded(with_depth(decoded, 8), pad_);
  image.profile.clear(), image.exif.clear();  // what nobody reads takes no memory
  if (std::min(image.width, image.height) < side_)
    throw DataError(cat("cannot use '", origin(i), "': it has become smaller than the ", side_, "x", side_, " crop"));
  if (!resize_) return image;
  // SR3, section 4: the largest centre crop, resized to the training size by area averaging.
  const int64_t square = std::min(image.width, image.height);
  image = crop(image, (image.width - square) / 2, (image.height - square) / 2, square, square);
  return square == side_ ? image : resize(image, side_, side_, Kernel::kBox, Convention::kPillow);
}

std::shared_ptr<const Image> Dataset::image(int64_t i) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = place_.find(i); found != place_.end()) {
      kept_.splice(kept_.begin(), kept_, found->second);
      return kept_.front().second;
    }
  }
  auto image = std::make_shared<const Image>(prepared(i));
  if (image->samples() > budget_) return image;
  const std::lock_guard lock(mutex_);
  if (place_.contains(i)) return image;  // another thread has added it meanwhile
  kept_.emplace_front(i, image);
  place_[i] = kept_.begin();
  held_ += image->samples();
  while (held_ > budget_) {
    held_ -= kept_.back().second->samples();
    place_.erase(kept_.back().first);
    kept_.pop_back();
  }
  return image;
}

std::pair<int64_t, int64_t> Dataset::sides(int64_t i) const { return sides_of(listing_, static_cast<size_t>(i)); }

ImagesDigest Dataset::digest() const {
  std::string names, sizes;
  for (const Listing::Item& item : listing_.items) {
    std::error_code gone;
    const uint64_t size = item.path.empty() ? item.bytes.size() : std::filesystem::file_size(item.path, gone);
    names += base_name(item.key) + "\n";
    sizes += cat(gone ? 0 : size, "\n");
  }
  return {sha256_bytes(names), sha256_bytes(sizes)};
}

std::string Dataset::class_of(int64_t i) const {
  const Listing::Item& item = listing_.items[static_cast<size_t>(i)];
  return item.label.empty() ? item.folder : item.label;
}

std::map<std::string, int64_t> Dataset::class_counts() const {
  std::map<std::string, int64_t> counts;
  int64_t without = -1;
  for (int64_t i = 0; i < size(); ++i) {
    const std::string name = class_of(i);
    if (name.empty())
      without = without < 0 ? i : without;
    else
      ++counts[name];
  }
  if (without >= 0 && !counts.empty())
    throw DataError(cat("'", origin(without), "' is in no folder that could be its class, as other images are: ",
                        "move it into one, or away"));
  return counts;
}

std::vector<std::string> Dataset::classes() const {
  std::vector<std::string> names;
  for (const auto& [name, count] : class_counts()) names.push_back(name);
  return names;
}

}  // namespace sr3
