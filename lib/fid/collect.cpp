#include "fid/collect.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "fid/set_images.h"
#include "format/digest.h"
#include "stream/workers.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr int64_t kRows = 256;  // features are summed in groups of so many rows

// Adds the time since the last call to `to`.
class Clock {
 public:
  void lap(double& to) {
    const auto now = std::chrono::steady_clock::now();
    to += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

int64_t hash_of(const std::string& bytes) {
  return static_cast<int64_t>(std::stoull(sha256_bytes(bytes).substr(0, 16), nullptr, 16));
}

int64_t hash_of(const Image& image) {
  std::string bytes = cat(image.width, "x", image.height, "x", image.depth, "\n");
  bytes.append(reinterpret_cast<const char*>(image.u8.data()), image.u8.size());
  bytes.append(reinterpret_cast<const char*>(image.u16.data()), image.u16.size() * 2);
  return hash_of(bytes);
}

struct Prepared {
  at::Tensor x;                               // (3,H,W)
  int64_t pixels = 0, key = 0, position = 0;  // hashes; the place in the set
  bool lossy = false;
};

// Features of images on their way into the sums.
class Sink {
 public:
  Sink(Statistics& statistics, const CollectOptions& options) : statistics_(statistics), options_(options) {
    statistics_.pool.resize(static_cast<size_t>(options.groups));
    if (options.spatial) statistics_.spatial.resize(static_cast<size_t>(options.groups));
  }

  void add(const std::vector<Prepared>& images, Features features) {
    for (const Prepared& image : images) {
      hashes_.insert(hashes_.end(), {image.pixels, image.key});
      positions_.push_back(image.position);
      lossy_ += image.lossy;
      // A function of the pixels alone, so that order, shards and names do not matter.
      waiting_group_.push_back(
          static_cast<int64_t>(static_cast<uint64_t>(image.pixels) % static_cast<uint64_t>(options_.groups)));
    }
    waiting_.push_back(features.pool);
    if (features.spatial.defined()) waiting_spatial_.push_back(features.spatial);
    if (options_.keep_features) kept_.push_back(features.pool);
    if (features.probabilities.defined()) probabilities_.push_back(features.probabilities);
    if (static_cast<int64_t>(waiting_group_.size()) >= kRows) sum();
  }

  void finish() {
    sum();
    const auto n = static_cast<int64_t>(positions_.size());
    statistics_.images = at::tensor(hashes_, at::kLong).reshape({n, 2});
    if (options_.keep_features) statistics_.features = n ? at::cat(kept_) : at::empty({0, 0});
    if (options_.probabilities) {
      statistics_.probabilities = n ? at::cat(probabilities_) : at::empty({0, 0});
      statistics_.positions = at::tensor(positions_, at::kLong);
    }
    statistics_.signature.lossy = lossy_;
    arrange(statistics_);
  }

 private:
  void sum() {
    if (waiting_.empty()) return;
    const at::Tensor group = at::tensor(std::exchange(waiting_group_, {}), at::kLong);
    add_groups(statistics_.pool, at::cat(std::exchange(waiting_, {})), group);
    if (!waiting_spatial_.empty()) add_groups(statistics_.spatial, at::cat(std::exchange(waiting_spatial_, {})), group);
  }
  static void add_groups(std::vector<Moments>& groups, const at::Tensor& rows, const at::Tensor& group) {
    if (groups.size() == 1) return groups[0].add(rows);
    for (size_t g = 0; g < groups.size(); ++g)
      groups[g].add(rows.index_select(0, (group == static_cast<int64_t>(g)).nonzero().squeeze(1)));
  }

  Statistics& statistics_;
  const CollectOptions& options_;
  std::vector<int64_t> hashes_, positions_, waiting_group_;
  std::vector<at::Tensor> waiting_, waiting_spatial_, kept_, probabilities_;
  int64_t lossy_ = 0;
};

// Decoded images on their way through preparation and the network into the sums.
class Pipeline {
 public:
  Pipeline(const SetImages& images, const FeatureNetwork& network, const CollectOptions& options, Collected& result)
      : images_(images),
        network_(network),
        outputs_{true, options.probabilities, options.spatial},
        options_(options),
        result_(result),
        sink_(result.statistics, options),
        workers_(options.reader.threads) {}

  void add(SetImage image) {
    clock_.lap(result_.decode);
    auto shared = std::make_shared<SetImage>(std::move(image));
    preparing_.push_back(workers_.submit([this, shared] { return prepare(*shared); }));
    if (preparing_.size() >= 2 * workers_.size() + full()) take();
  }

  void finish() {
    clock_.lap(result_.decode);
    while (!preparing_.empty()) take();
    for (auto& [size, batch] : waiting_)
      if (!batch.empty()) run(batch);
    sink_.finish();
    clock_.lap(result_.sums);
  }

 private:
  using Batch = std::vector<Prepared>;

  size_t full() const { return static_cast<size_t>(network_.batch()); }

  Prepared prepare(const SetImage& image) const {
    const Frame& frame = image.frame;
    try {
      return {network_.prepare(frame.image), hash_of(frame.image), hash_of(image.identity), image.position,
              frame.lossy};
    } catch (const DataError& error) {
      throw DataError(cat("cannot use '", frame.origin, "': ", error.what()));
    }
  }

  // The oldest image under preparation goes to the batch of its size, and a batch that is full through the network.
  void take() {
    Prepared image = preparing_.front().get();
    preparing_.pop_front();
    clock_.lap(result_.resize);
    Batch& batch = waiting_[{image.x.size(1), image.x.size(2)}];
    batch.push_back(std::move(image));
    ++held_;
    if (batch.size() == full()) return run(batch);
    if (held_ < 8 * full()) return;  // many sizes: the fullest batch goes as it is
    run(std::max_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
          return a.second.size() < b.second.size();
        })->second);
  }

  void run(Batch& batch) {
    std::vector<at::Tensor> inputs;
    for (Prepared& image : batch) inputs.push_back(std::exchange(image.x, {}));
    clock_.lap(result_.resize);
    Features features = network_(at::stack(inputs), outputs_);
    clock_.lap(result_.network);
    sink_.add(batch, std::move(features));
    clock_.lap(result_.sums);
    held_ -= batch.size();
    done_ += static_cast<int64_t>(batch.size());
    batch.clear();
    if (options_.progress) options_.progress(done_, images_.expected());
  }

  const SetImages& images_;  // for their number
  const FeatureNetwork& network_;
  const FeatureOutputs outputs_;
  const CollectOptions& options_;
  Collected& result_;
  Sink sink_;
  std::map<std::pair<int64_t, int64_t>, Batch> waiting_;  // by size, because a batch holds one size
  size_t held_ = 0;                                       // images in waiting_
  int64_t done_ = 0;
  Clock clock_;
  Workers workers_;
  std::deque<std::future<Prepared>> preparing_;
};

}  // namespace

Signature signature_of(const FeatureSpec& network, int64_t ddof) {
  Signature signature;
  signature.features = network.file, signature.sha256 = network.sha256, signature.inception = network.inception;
  signature.resize = network.resize, signature.scale = network.scale, signature.ddof = ddof;
  return signature;
}

Collected collect(const std::vector<std::string>& operands, const FeatureNetwork& network,
                  const CollectOptions& options) {
  Collected result;
  result.statistics.signature = signature_of(network.spec(), options.ddof);
  SetImages images(operands, options.reader);
  Pipeline pipeline(images, network, options, result);
  while (auto image = images.next()) pipeline.add(std::move(*image));
  pipeline.finish();
  result.status = images.status();
  return result;
}

}  // namespace sr3
