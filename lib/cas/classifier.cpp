#include "cas/classifier.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <future>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/signals.h"
#include "cas/shown.h"
#include "data/epoch_order.h"
#include "format/json.h"
#include "nn/memory.h"
#include "nn/resnet.h"
#include "stage/checkpoint.h"
#include "stream/workers.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr double kMomentum = 0.9;
constexpr auto kSaveEvery = std::chrono::seconds(60);
constexpr const char* kTensors = "classifier.safetensors";
constexpr const char* kProgress = "progress.json";

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

}  // namespace

std::optional<at::Tensor> train_classifier(const ClassifierOptions& options, const LabelledImages& train,
                                           const LabelledImages& test, const ProgressOptions& progress) {
  keep_freed_memory();
  const ClassifierRecipe& recipe = options.recipe;
  const std::vector<int64_t> labels = train.labels_among(options.classes);
  const int64_t n = train.size();
  const double epoch = static_cast<double>(n) / static_cast<double>(recipe.batch);
  const int64_t steps = std::max<int64_t>(1, std::llround(recipe.epochs * epoch));
  Training training(options, steps, epoch);
  training.resume();

  EpochOrder order(n, options.seed);
  Workers workers(options.threads);
  struct Coming {
    std::vector<std::future<ShownImage>> images;
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
  const auto going_on = [](int64_t) { return StopSignals::received() == 0; };
  const auto logits = logits_of(training.network(), recipe, test, workers, options.device, {}, going_on);
  if (!logits) {  // the next run of the program only tests it
    training.save();
    return std::nullopt;
  }
  if (!options.state.empty()) remove_checkpoint(options.state);
  return logits;
}

}  // namespace sr3
