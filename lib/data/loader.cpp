#include "data/loader.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "base/rng.h"
#include "data/class_names.h"
#include "data/dataset.h"
#include "data/epoch_order.h"
#include "data/pairs.h"
#include "degrade/enlarge.h"
#include "format/digest.h"
#include "stream/workers.h"
#include "tensor/aten.h"
#include "tensor/convert.h"

namespace sr3 {
namespace {

constexpr int kDraws = 8;         // most draws of a crop for min_detail
constexpr int kDetailTrial = 64;  // examples after which it is said that none has it
constexpr int64_t kAhead = 3;     // batches to make in advance
// With a random recipe: low-resolution pixels around a crop that are degraded with it, as far as the image goes. Before the crop
// it is a random number of them, below 16, which is the period of JPEG's blocks: a crop has them at any place.
constexpr int64_t kMostBefore = 16, kAfter = 8;

// Images as interleaved rows in [-1,1], the layout of an example in a channels_last batch, so that the worker threads do without
// libtorch.
struct Example {
  std::vector<float> high_res, condition, low_res;
  int64_t label = -1;
  bool replaced = false;
};

Image flipped(Image image) {
  for (int64_t y = 0; y < image.height; ++y) {
    uint8_t* row = image.u8.data() + y * image.width * Image::kChannels;
    for (int64_t left = 0, right = image.width - 1; left < right; ++left, --right)
      std::swap_ranges(row + left * Image::kChannels, row + (left + 1) * Image::kChannels,
                       row + right * Image::kChannels);
  }
  return image;
}

// The standard deviation of high_res - condition, in 8-bit grey levels.
double detail_of(const Example& example) {
  double sum = 0, square = 0;
  for (size_t i = 0; i < example.high_res.size(); ++i) {
    const double lacks = 127.5 * (static_cast<double>(example.high_res[i]) - static_cast<double>(example.condition[i]));
    sum += lacks;
    square += lacks * lacks;
  }
  const double n = static_cast<double>(example.high_res.size());
  return std::sqrt(std::max(0.0, square / n - (sum / n) * (sum / n)));
}

// The side of the crops, which the stage's scale must divide.
int64_t side_of(const DataOptions& options, const StageManifest& manifest) {
  const int64_t side = options.crop > 0 ? options.crop : manifest.image.high_res;
  if (side % manifest.image.scale() != 0)
    throw UsageError(cat("a crop of ", side, " is not a multiple of the scale ", manifest.image.scale()));
  return side;
}

}  // namespace

void DataOptions::declare(Options& options) {
  options.add("crop", 0, &crop, "N", at_least(0),
              "side of the crops that the stage learns from; 0: the stage's high_res");
  options.choice("preprocess", 0, &preprocess, {"crop", "resize"},
                 "random crops at full size, or the largest centre square of each image resized to the crop");
  options.add("no-flip", 0, &no_flip, "do not mirror half of the examples");
  options.add("min-detail", 0, &min_detail, "X", at_least(0),
              "redraw crops whose detail has a standard deviation under X grey levels (6 leaves out sky)");
  options.add("pad", 0, &pad, "N", at_least(0), "pad smaller images to N x N pixels by repeating their border");
  options.add("skip-small", 0, &skip_small, "leave out images smaller than the crop");
  options.add("keep-going", 0, &keep_going, "replace damaged images by others, and exit with status 3");
  options.add("cache", 0, &cache_mb, "MB", at_least(0), "decoded images kept in memory");
}

void DataOptions::declare_low_res(Options& options) {
  options.add("low-res-data", 0, &low_res, "DATA",
              "low-resolution images of the same keys, instead of those that the stage's recipe makes");
}

struct Loader::Impl {
  const DataOptions options;
  const bool conditional, with_surroundings;
  const int64_t channels, side, low_side;
  const Enlargement upsample;
  Dataset dataset;
  std::optional<Recipe> recipe;
  std::optional<Pairs> pairs;   // instead of the recipe
  std::vector<int64_t> labels;  // of images; empty without classes

  std::mutex damaged_mutex;
  std::set<int64_t> damaged;             // indexes of images that could not be read
  std::atomic<bool> has_detail = false;  // whether any crop had min_detail
  std::atomic<int> detail_sought = 0;    // examples that were to have it
  int64_t replaced = 0;                  // examples made from another image than theirs
  EpochOrder order;                      // used by the caller's thread only
  struct Pending {
    int64_t number;
    std::future<Example> example;
  };
  std::deque<Pending> pending;
  // Set when the caller leaves the sequence: workers skip the examples of it that are still to be made.
  std::shared_ptr<std::atomic<bool>> dropped = std::make_shared<std::atomic<bool>>(false);
  int64_t sequence_end = -1;                                     // the example that follows those of the last call
  int64_t origin = 0, period = 1, turn_begin = 0, turn_end = 1;  // of Loader::take_turns
  double waited = 0;
  Workers workers;  // the last member, so that it is destroyed first

  Impl(const DataOptions& given, const StageManifest& manifest)
      : options(given),
        conditional(manifest.kind != "base"),
        with_surroundings(!manifest.low_res.recipe.operations.empty() && given.low_res.empty()),
        channels(manifest.image.channels),
        side(side_of(given, manifest)),
        low_side(side / manifest.image.scale()),
        upsample(enlargement_named(manifest.low_res.upsample)),
        dataset(given, side),
        order(dataset.size(), given.seed),
        workers(given.threads) {
    if (!options.low_res.empty()) {
      pairs.emplace(options, dataset, low_side, side / low_side);
    } else if (conditional && manifest.low_res.recipe.kernel == kGivenImages) {
      throw UsageError(
          "the stage learned from given low-resolution images: sr3-train --low-res-data names them, or --kernel makes "
          "others");
    } else if (conditional) {
      RecipeOptions shrink = manifest.low_res.recipe;
      shrink.scale = manifest.image.scale();
      recipe.emplace(shrink);
    }
    if (manifest.network.classes > 0) label_images(manifest);
  }

  void label_images(const StageManifest& manifest) {
    const std::vector<std::string> names = manifest.classes.empty() ? dataset.classes() : manifest.classes;
    if (static_cast<int64_t>(names.size()) != manifest.network.classes)
      throw Error(cat("the stage has ", manifest.network.classes, " classes, but the images have ", names.size(),
                      ", according to their folders or a list"));
    for (int64_t i = 0; i < dataset.size(); ++i) {
      const std::string folder = dataset.class_of(i);
      const auto found = std::find(names.begin(), names.end(), class_called(folder, names));
      if (found == names.end())
        throw Error(cat("'", dataset.origin(i), "' has ",
                        folder.empty() ? "no class, because it is not in the folder of one"
                                       : "the class '" + folder + "', which is not a class of the stage"));
      labels.push_back(found - names.begin());
    }
    std::vector<int64_t> counts(names.size());
    for (const int64_t label : labels) ++counts[static_cast<size_t>(label)];
    info(classes_text(names, counts));
  }

  // Where the part of an image that is degraded begins and ends, and where the crop begins in it; in one direction.
  struct Span {
    int64_t begin, end, crop;
  };
  Span span_around(int64_t crop, int64_t size, RandomStream& random) const {
    if (!with_surroundings) return {crop, crop + side, 0};
    const int64_t scale = side / low_side, most = std::min(kMostBefore, crop / scale + 1);
    const int64_t before = scale * static_cast<int64_t>(random.below(static_cast<uint64_t>(most)));
    const int64_t after = scale * std::min(kAfter, (size - crop - side) / scale);
    return {crop - before, crop + side + after, before};
  }

  Example drawn(const Image& image, RandomStream& random, int64_t e) const {
    const auto x = static_cast<int64_t>(random.below(static_cast<uint64_t>(image.width - side) + 1));
    const auto y = static_cast<int64_t>(random.below(static_cast<uint64_t>(image.height - side) + 1));
    const bool flip = random.below(2) == 1 && !options.no_flip;
    const Span across = span_around(x, image.width, random), down = span_around(y, image.height, random);
    Image high = crop(image, across.begin, down.begin, across.end - across.begin, down.end - down.begin);
    if (flip) high = flipped(std::move(high));
    const int64_t left = flip ? across.end - x - side : across.crop;
    Example example;
    example.high_res = to_units(crop(high, left, down.crop, side, side), channels);
    if (conditional) {
      Image low = (*recipe)(high, options.seed, static_cast<uint64_t>(e));
      if (with_surroundings) low = crop(low, left * low_side / side, down.crop * low_side / side, low_side, low_side);
      example.low_res = to_units(low, channels);
      example.condition = enlarge(example.low_res, low.width, low.height, channels, side, side, upsample);
    }
    return example;
  }

  // A crop of a pair: at a low-resolution pixel, so that both parts show the same.
  Example drawn_pair(const Image& image, const Image& small, RandomStream& random) const {
    const int64_t scale = side / low_side;
    const auto x = static_cast<int64_t>(random.below(static_cast<uint64_t>(small.width - low_side) + 1));
    const auto y = static_cast<int64_t>(random.below(static_cast<uint64_t>(small.height - low_side) + 1));
    Image high = crop(image, x * scale, y * scale, side, side), low = crop(small, x, y, low_side, low_side);
    if (random.below(2) == 1 && !options.no_flip) high = flipped(std::move(high)), low = flipped(std::move(low));
    Example example;
    example.high_res = to_units(high, channels);
    example.low_res = to_units(low, channels);
    example.condition = enlarge(example.low_res, low.width, low.height, channels, side, side, upsample);
    return example;
  }

  // The images of an example.
  struct Readable {
    std::shared_ptr<const Image> image, low_res;  // low_res: only of pairs
  };

  // Image i, or with keep_going the first one after it that can be read; sets i to its index.
  Readable readable(int64_t& i) {
    for (int64_t tries = 0; tries < dataset.size(); ++tries, i = (i + 1) % dataset.size()) {
      {
        const std::lock_guard lock(damaged_mutex);
        if (damaged.contains(i)) continue;
      }
      try {
        Readable found{dataset.image(i), nullptr};
        if (pairs) found.low_res = pairs->low_res(i, *found.image);
        return found;
      } catch (const Error& error) {
        if (!options.keep_going) throw DataError(cat(error.what(), options.can_keep_going ? kKeepGoingHelps : ""));
        const std::lock_guard lock(damaged_mutex);
        if (damaged.insert(i).second) sr3::error(cat(error.what(), "; it is replaced by another image"));
      }
    }
    throw DataError("cannot train on these images: none of them can be read");
  }

  Example make(int64_t e, int64_t i) {
    const int64_t wanted = i;
    const auto [image, low_res] = readable(i);
    RandomStream random(options.seed, static_cast<uint64_t>(e), kRandomCrop);
    const auto draw_one = [&, &image = image, &low_res = low_res] {
      return low_res ? drawn_pair(*image, *low_res, random) : drawn(*image, random, e);
    };
    Example best = draw_one();
    const bool once = options.min_detail <= 0 || !conditional || (image->width == side && image->height == side);
    double detail = once ? options.min_detail : detail_of(best);
    for (int draw = 1; draw < kDraws && detail < options.min_detail; ++draw) {
      Example next = draw_one();
      const double more = detail_of(next);
      if (more > detail) best = std::move(next), detail = more;
    }
    if (!once) note_detail(detail >= options.min_detail);
    if (!labels.empty()) best.label = labels[static_cast<size_t>(i)];
    best.replaced = i != wanted;
    return best;
  }

  // Warns when none of the first crops has the detail that is asked for.
  void note_detail(bool enough) {
    if (enough) has_detail = true;
    if (++detail_sought == kDetailTrial && !has_detail)
      warn(cat("--min-detail ", options.min_detail, ": none of the first ", kDetailTrial,
               " examples has so much detail, even as the best of ", kDraws, " draws"));
  }

  // The example that is requested after example e.
  int64_t successor(int64_t e) const {
    const bool last = e >= origin && (e - origin) % period == turn_end - 1;
    return last ? e + 1 + period - (turn_end - turn_begin) : e + 1;
  }

  // Lets the workers make `count` examples from `first` on, and the `ahead` ones that follow, except for those that are made or
  // being made.
  void submit(int64_t first, int64_t count, int64_t ahead) {
    if (!pending.empty() && pending.front().number != first) {
      *dropped = true;
      dropped = std::make_shared<std::atomic<bool>>(false);
      pending.clear();
    }
    const int64_t end = count + ahead;
    for (auto made = static_cast<int64_t>(pending.size()); made < end; ++made) {
      const int64_t before = pending.empty() ? first - 1 : pending.back().number;
      const int64_t e = made < count ? before + 1 : successor(before);
      pending.push_back({e, workers.submit([this, e, i = order(e), unwanted = dropped] {
                           return *unwanted ? Example{} : make(e, i);
                         })});
    }
  }
};

Loader::Loader(const DataOptions& options, const StageManifest& manifest)
    : impl_(std::make_unique<Impl>(options, manifest)) {}

Loader::~Loader() = default;

int64_t Loader::images() const { return impl_->dataset.size(); }

ImagesDigest Loader::digest() const {
  const ImagesDigest digest = impl_->dataset.digest();
  if (!impl_->pairs) return digest;
  const ImagesDigest low = impl_->pairs->digest();
  return {sha256_bytes(digest.names + low.names), sha256_bytes(digest.sizes + low.sizes)};
}

int64_t Loader::replaced() const { return impl_->replaced; }

std::vector<std::string> Loader::classes() const { return impl_->dataset.classes(); }

void Loader::take_turns(int64_t origin, int64_t period, int64_t begin, int64_t end) {
  if (origin < 0 || begin < 0 || end <= begin || period < end)
    throw std::logic_error("Loader::take_turns: not a part of the examples");
  impl_->origin = origin, impl_->period = period, impl_->turn_begin = begin, impl_->turn_end = end;
}

double Loader::waited() const { return impl_->waited; }

Batch Loader::next(int64_t first, int64_t batch) {
  Impl& impl = *impl_;
  if (first < 0 || batch < 1) throw std::logic_error("Loader::next: invalid range of examples");
  // Nothing is made in advance after a single call out of sequence, such as a preview's.
  impl.submit(first, batch, first == impl.sequence_end ? kAhead * batch : 0);
  impl.sequence_end = impl.successor(first + batch - 1);

  const auto images = [&](int64_t side) {
    return at::empty({batch, impl.channels, side, side},
                     at::TensorOptions().dtype(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
  };
  Batch result;
  result.first = first;
  result.high_res = images(impl.side);
  if (impl.conditional) {
    result.condition = images(impl.side);
    result.low_res = images(impl.low_side);
  }
  if (!impl.labels.empty()) result.labels = at::empty({batch}, at::kLong);
  const auto place = [](const at::Tensor& to, int64_t i, const std::vector<float>& values) {
    std::memcpy(to.data_ptr<float>() + i * static_cast<int64_t>(values.size()), values.data(),
                values.size() * sizeof(float));
  };
  for (int64_t i = 0; i < batch; ++i) {
    std::future<Example> future = std::move(impl.pending.front().example);
    impl.pending.pop_front();
    const auto begin = std::chrono::steady_clock::now();
    future.wait();
    impl.waited += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const Example example = future.get();
    impl.replaced += example.replaced;
    place(result.high_res, i, example.high_res);
    if (impl.conditional) {
      place(result.condition, i, example.condition);
      place(result.low_res, i, example.low_res);
    }
    if (result.labels.defined()) result.labels.data_ptr<int64_t>()[i] = example.label;
  }
  return result;
}

}  // namespace sr3
