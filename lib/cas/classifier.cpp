#include "cas/classifier.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>
#include <future>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/signals.h"
#include "data/epoch_order.h"
#include "format/json.h"
#include "nn/resnet.h"
#include "stage/checkpoint.h"
#include "stream/workers.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr double kMomentum = 0.9;
constexpr auto kSaveEvery = std::chrono::seconds(60);
constexpr int64_t kTestBatch = 100;
constexpr const char* kTensors = "classifier.safetensors";
constexpr const char* kProgress = "progress.json";

using Values = std::vector<float>;

at::Tensor batch_of(std::vector<std::future<Values>>& futures, int64_t size, at::Device device) {
  const auto n = static_cast<int64_t>(futures.size());
  at::Tensor batch = at::empty({n, size, size, 3});
  for (int64_t i = 0; i < n; ++i) {
    const Values values = futures[static_cast<size_t>(i)].get();
    std::memcpy(batch.data_ptr<float>() + i * size * size * 3, values.data(), values.size() * sizeof(float));
  }
  return batch.permute({0, 3, 1, 2}).to(device);
}

std::vector<int64_t> labels_among(const LabelledImages& images, const std::vector<std::string>& classes) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < images.size(); ++i) {
    const std::string& name = images.classes()[static_cast<size_t>(images.label(i))];
    const auto found = std::find(classes.begin(), classes.end(), name);
    if (found == classes.end()) throw Error(cat("'", images.origin(i), "' has the unknown class '", name, "'"));
    labels.push_back(found - classes.begin());
  }
  return labels;
}

// The state of a training: the weights, their momenta, the statistics of the norms, and the number of steps done.
class Training {
 public:
  Training(const ClassifierOptions& options, int64_t steps, double epoch)
      : options_(options),
        network_({options.recipe.depth, static_cast<int64_t>(options.classes.size()), options.recipe.stem_stride},
                 options.seed, options.device),
        steps_(steps),
        epoch_(epoch) {
    for (const auto& [name, tensor] : network_.parameters()) momenta_.push_back(at::zeros_like(tensor).detach());
  }

  const ResNet& network() const { return network_; }
  int64_t step() const { return step_; }

  double learn(const at::Tensor& x, const at::Tensor& labels) {
    const at::Tensor loss = at::cross_entropy_loss(network_(x, /*training=*/true), labels);
    loss.backward();
    const double rate = options_.recipe.rate(step_, steps_, epoch_);
    const at::NoGradGuard no_gradients;
    for (size_t i = 0; i < momenta_.size(); ++i) {
      at::Tensor weight = network_.parameters()[i].second;
      at::Tensor& gradient = weight.mutable_grad();
      // No weight decay for norms and biases (Goyal et al. 2017).
      if (weight.dim() > 1) gradient.add_(weight, options_.recipe.weight_decay);
      momenta_[i].mul_(kMomentum).add_(gradient);
      weight.add_(momenta_[i], -rate);
      gradient.reset();
    }
    ++step_;
    return loss.item<double>();
  }

  void save() const {
    if (options_.state.empty()) return;
    TensorFile file;
    each([&](const std::string& name, const at::Tensor& tensor) { file.tensors.emplace_back(name, tensor); });
    const nlohmann::ordered_json progress = {{"step", step_}, {"settings", options_.settings}};
    write_checkpoint(options_.state, {{{kTensors, file}}, {{kProgress, progress.dump()}}, {}, {}});
  }

  void resume() {
    if (options_.state.empty()) return;
    const auto found = read_checkpoint(options_.state);
    if (!found) return;
    const JsonObject progress = JsonObject::parse(found->text(kProgress, options_.state), options_.state, 1);
    const TensorFile file = found->file(kTensors, options_.state);
    if (progress.get<std::string>("settings", "") != options_.settings)
      throw UsageError(
          cat("cannot resume '", options_.state,
              "': it was started with other images or settings; remove it, or use another folder with -o"));
    size_t next = 0;
    const at::NoGradGuard no_gradients;
    each([&](const std::string& name, at::Tensor tensor) {
      if (next >= file.tensors.size() || file.tensors[next].first != name ||
          file.tensors[next].second.sizes() != tensor.sizes())
        throw DataError(cat("cannot resume '", options_.state, "': '", name, "' is missing or has the wrong shape"));
      tensor.copy_(file.tensors[next++].second);
    });
    step_ = progress.get<int64_t>("step", 0);
  }

 private:
  template <class Visit>
  void each(Visit visit) const {
    size_t i = 0;
    for (const auto& [name, tensor] : network_.parameters()) {
      visit("weight." + name, tensor);
      visit("momentum." + name, momenta_[i++]);
    }
    for (const auto& [name, tensor] : network_.buffers()) visit("buffer." + name, tensor);
  }

  const ClassifierOptions& options_;
  ResNet network_;
  std::vector<at::Tensor> momenta_;
  int64_t steps_, step_ = 0;
  double epoch_;
};

at::Tensor logits_of(const ResNet& network, const ClassifierOptions& options, const LabelledImages& test,
                     Workers& workers) {
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> all;
  for (int64_t first = 0; first < test.size(); first += kTestBatch) {
    std::vector<std::future<Values>> futures;
    for (int64_t i = first; i < std::min(test.size(), first + kTestBatch); ++i)
      futures.push_back(workers.submit([&, i] { return shown_for_test(options.recipe, *test.image(i)); }));
    all.push_back(network(batch_of(futures, options.recipe.size, options.device), /*training=*/false).to(at::kCPU));
  }
  return at::cat(all);
}

}  // namespace

std::optional<at::Tensor> train_classifier(const ClassifierOptions& options, const LabelledImages& train,
                                           const LabelledImages& test, const ProgressOptions& progress) {
  const ClassifierRecipe& recipe = options.recipe;
  const std::vector<int64_t> labels = labels_among(train, options.classes);
  const int64_t n = train.size();
  const double epoch = static_cast<double>(n) / static_cast<double>(recipe.batch);
  const int64_t steps = std::max<int64_t>(1, std::llround(recipe.epochs * epoch));
  Training training(options, steps, epoch);
  training.resume();

  EpochOrder order(n, options.seed);
  Workers workers(options.threads);
  struct Coming {
    std::vector<std::future<Values>> images;
    at::Tensor labels;
  };
  std::deque<Coming> coming;
  int64_t requested = training.step();
  const auto request = [&] {
    Coming batch;
    batch.labels = at::empty({recipe.batch}, at::kLong);
    for (int64_t j = 0; j < recipe.batch; ++j) {
      const int64_t e = requested * recipe.batch + j, i = order(e);
      batch.labels.data_ptr<int64_t>()[j] = labels[static_cast<size_t>(i)];
      batch.images.push_back(workers.submit([&, e, i] {
        RandomStream random(options.seed, static_cast<uint64_t>(e), kRandomAugment);
        return shown_for_training(recipe, *train.image(i), random);
      }));
    }
    coming.push_back(std::move(batch));
    ++requested;
  };

  const StopSignals signals;
  Meter meter(progress, "steps", steps, training.step());
  auto saved = std::chrono::steady_clock::now();
  while (training.step() < steps) {
    while (requested < steps && coming.size() < 3) request();
    const at::Tensor x = batch_of(coming.front().images, recipe.size, options.device);
    const double loss = training.learn(x, coming.front().labels.to(options.device));
    coming.pop_front();
    if (!std::isfinite(loss))
      throw Error(cat("cannot train the classifier: its loss is not finite at step ", training.step(),
                      " (another --seed may help)"));
    meter.update(training.step(),
                 cat(options.name, options.name.empty() ? "" : ", ", "loss ", std::round(loss * 1e4) / 1e4));
    const bool stopped = StopSignals::received() != 0;
    if (stopped || std::chrono::steady_clock::now() - saved > kSaveEvery) {
      training.save();
      saved = std::chrono::steady_clock::now();
    }
    if (stopped) return std::nullopt;
  }
  meter.finish();
  at::Tensor logits = logits_of(training.network(), options, test, workers);
  if (!options.state.empty()) remove_checkpoint(options.state);
  return logits;
}

}  // namespace sr3
