#include "cas/pretrained.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "base/signals.h"
#include "cas/classifier_recipe.h"
#include "cas/labelled.h"
#include "cas/shown.h"
#include "data/class_names.h"
#include "format/torch_pickle.h"
#include "nn/memory.h"
#include "nn/resnet.h"
#include "stage/weights.h"
#include "stream/operands.h"
#include "stream/workers.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

TensorFile read_classifier(const std::string& path) {
  TensorFile file = torch_container(path) == TorchContainer::kNone ? read_safetensors(path) : read_torch(path);
  strip_wrappers(file);
  std::erase_if(file.tensors, [](const auto& entry) { return entry.first.ends_with(".num_batches_tracked"); });
  return file;
}

// By the number of blocks in the third stage.
ResNetOptions options_of(const TensorFile& file, const std::string& path) {
  int64_t blocks = 0, classes = 0;
  for (const auto& [name, tensor] : file.tensors) {
    blocks += name.starts_with("layer3.") && name.ends_with(".conv3.weight");
    if (name == "fc.weight" && tensor.dim() == 2) classes = tensor.size(0);
  }
  const int64_t depth = blocks == 6 ? 50 : blocks == 23 ? 101 : blocks == 36 ? 152 : 0;
  if (depth == 0 || classes == 0)
    throw DataError(cat("cannot use '", path,
                        "': it has not the weights of torchvision's ResNet-50, 101 or 152, such as "
                        "resnet50-0676ba61.pth"));
  ResNetOptions options;
  options.depth = depth, options.classes = classes;
  return options;
}

// x in [-1,1] as torchvision's networks expect it.
at::Tensor normalised(const at::Tensor& x) {
  const auto colours = [&](std::initializer_list<double> values) {
    return at::tensor(at::ArrayRef<double>(values), at::kDouble).to(x.device(), at::kFloat).view({1, 3, 1, 1});
  };
  return ((x + 1) / 2 - colours({0.485, 0.456, 0.406})) / colours({0.229, 0.224, 0.225});
}

// Why images of two sets cannot be compared one by one; or nothing.
std::string unlike(const std::vector<std::string>& names, const LabelledImages& first, const LabelledImages& set,
                   size_t k) {
  if (first.size() != set.size())
    return cat("'", names[0], "' has ", first.size(), " images, '", names[k], "' ", set.size());
  for (int64_t i = 0; i < set.size(); ++i)
    if (first.key(i) != set.key(i))
      return cat("'", names[k], "' has '", set.key(i), "' where '", names[0], "' has '", first.key(i), "'");
  return "";
}

}  // namespace

void PretrainedOptions::declare(Options& options) {
  options.add("classifier", 0, &weights, "FILE", "instead of training: torchvision's weights of ResNet-50, 101 or 152");
  options.add("class-names", 0, &class_names, "FILE",
              "the classifier's classes in the order of its outputs, one a line");
}

std::optional<std::vector<ClassifiedSet>> classify_sets(const std::vector<std::string>& sets,
                                                        const PretrainedOptions& options, at::Device device,
                                                        const ProgressOptions& progress) {
  keep_freed_memory();
  for (const std::string& set : sets) known_parts({set});
  const TensorFile file = read_classifier(options.weights);
  const ResNetOptions shape = options_of(file, options.weights);
  const ResNet network(shape, 0, device);
  NamedTensors all = network.parameters();
  all.insert(all.end(), network.buffers().begin(), network.buffers().end());
  copy_tensors(file, all, options.weights);

  std::vector<std::string> classes;
  if (!options.class_names.empty()) classes = read_class_names(options.class_names, shape.classes);
  std::vector<std::unique_ptr<LabelledImages>> images;
  std::vector<ClassifiedSet> classified;
  for (size_t k = 0; k < sets.size(); ++k) {
    images.push_back(std::make_unique<LabelledImages>(std::vector<std::string>{sets[k]}, options.cache_mb,
                                                      options.threads, classes));
    if (classes.empty()) classes = images[0]->classes();
    if (static_cast<int64_t>(classes.size()) != shape.classes)
      throw Error(cat("'", options.weights, "' has ", shape.classes, " classes, and '", sets[k], "' ", classes.size(),
                      ": --class-names FILE gives the names of the classifier's, in the order of its outputs"));
    const std::string why = unlike(sets, *images[0], *images[k], k);
    classified.push_back({{}, why.empty()});
    if (why.empty()) continue;
    if (!options.unlike) throw Error(cat("cannot compare: ", why, " (--unlike-classes continues anyway)"));
    warn(why);
  }

  ClassifierRecipe recipe = recipe_named("resnet50");
  recipe.size = options.size;
  std::vector<std::vector<int64_t>> labels;
  for (const auto& set : images) labels.push_back(set->labels_among(classes));
  info(cat("a ResNet-", shape.depth, "; ", classes_text(images[0]->classes(), images[0]->counts())));
  int64_t total = 0, before = 0;
  for (const auto& set : images) total += set->size();
  const StopSignals signals;
  Meter meter(progress, "images", total);
  Workers workers(options.threads);
  for (size_t k = 0; k < sets.size(); ++k) {
    const auto logits = logits_of(network, recipe, *images[k], workers, device, normalised, [&](int64_t done) {
      meter.update(static_cast<double>(before + done), sets[k]);
      return StopSignals::received() == 0;
    });
    if (!logits) return std::nullopt;
    before += images[k]->size();
    if (!at::isfinite(*logits).all().item<bool>())
      throw DataError(cat("cannot use '", options.weights, "': its answers for '", sets[k], "' are not finite"));
    classified[k].run = cas_run(sets[k], 0, "", classes, labels[k], *logits);
  }
  meter.finish();
  return classified;
}

}  // namespace sr3
