#include "metrics/nearest_images.h"

#include <sys/stat.h>

#include <set>
#include <utility>

#include "stream/operands.h"
#include "stream/workers.h"

namespace sr3 {

namespace {

// As many training images are compared at once, or as many as take this many bytes.
constexpr size_t kAtOnce = 64, kBytesAtOnce = size_t{32} << 20;

void fit(Frame& frame, const Preparation& preparation) {
  try {
    if (preparation.pad > 0) frame.image = padded(frame.image, preparation.pad);
    if (preparation.recipe) frame.image = (*preparation.recipe)(frame.image, 0, 0);
  } catch (const DataError& error) {
    throw DataError(cat("cannot use '", frame.origin, "': ", error.what()));
  }
  if (frame.image.depth != 8) frame.image = with_depth(frame.image, 8);
}

// The files that are read, so far as they are known before.
std::set<std::pair<dev_t, ino_t>> files_of(const std::vector<std::string>& operands) {
  std::set<std::pair<dev_t, ino_t>> files;
  struct stat status;
  for (const Part& part : known_parts(operands))
    if (part.path != "-" && ::stat(part.path.c_str(), &status) == 0) files.insert({status.st_dev, status.st_ino});
  return files;
}

}  // namespace

Recipe fitting(const std::string& size) {
  RecipeOptions options;
  options.size = size;
  options.center_crop = true;
  options.kernel = "box";
  return Recipe(options);
}

PreparedImages take_images(const std::vector<std::string>& operands, const ReaderOptions& options,
                           const Preparation& preparation) {
  PreparedImages taken;
  Reader reader(operands, options, [&](Frame& frame) { fit(frame, preparation); });
  while (auto frame = reader.next()) {
    Image& image = frame->image;
    if (!taken.images.empty() && (image.width != taken.images[0].width || image.height != taken.images[0].height))
      throw DataError(cat("cannot compare '", frame->origin, "': it has ", image.width, "x", image.height,
                          " pixels, and those before it ", taken.images[0].width, "x", taken.images[0].height,
                          " (--size brings all to one size)"));
    taken.keys.push_back(frame->key);
    taken.images.push_back(std::move(image));
  }
  taken.status = reader.status();
  return taken;
}

int search_nearest(const std::vector<std::string>& training, const ReaderOptions& options,
                   const Preparation& preparation, const ProgressOptions& progress, NearestSearch& among) {
  Reader reader(training, options, [&](Frame& frame) { fit(frame, preparation); });
  Workers workers(options.threads);
  Meter meter(progress, "training images", reader.expected().value_or(-1));
  std::vector<NearestSearch::TrainingImage> some;
  for (bool more = true; more;) {
    auto frame = reader.next();
    more = frame.has_value();
    if (more) some.push_back({frame->key, std::move(frame->image)});
    const size_t bytes = some.empty() ? 0 : some.size() * some[0].image.u8.size();
    if (some.size() < kAtOnce && bytes < kBytesAtOnce && more) continue;
    among.add(some, workers);
    some.clear();
    meter.update(among.seen());
  }
  meter.finish();
  if (among.seen() < 2) throw DataError("too few training images: at least 2 are needed");
  return reader.status();
}

void refuse_to_overwrite(const std::string& folder, const std::vector<std::string>& keys,
                         const std::vector<std::string>& operands) {
  const auto files = files_of(operands);
  struct stat status;
  for (const std::string& key : keys)
    if (const std::string path = cat(folder, key, ".png");
        ::stat(path.c_str(), &status) == 0 && files.contains({status.st_dev, status.st_ino}))
      throw UsageError(cat("-o: '", path, "' is also an input, and would be overwritten; name another folder"));
}

}  // namespace sr3
