#include "import/layout.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "nn/unet.h"
#include "tensor/aten.h"

namespace sr3 {
namespace {

// A block or a resampling of the encoder or the decoder, by its number.
struct Unit {
  int64_t level, block, index;
  bool resample;
};

std::vector<Unit> encoder_units(const UNetOptions& o) {
  const auto levels = static_cast<int64_t>(o.multipliers.size());
  std::vector<Unit> units = {{0, 0, 0, false}};  // the first convolution
  int64_t block = 0;
  for (int64_t level = 0; level < levels; ++level) {
    for (int64_t i = 0; i < o.blocks[static_cast<size_t>(level)]; ++i) units.push_back({level, block++, i, false});
    if (level + 1 < levels) units.push_back({level, block, 0, true});
  }
  return units;
}

std::vector<Unit> decoder_units(const UNetOptions& o) {
  std::vector<Unit> units;
  int64_t block = 0;
  for (int64_t level = static_cast<int64_t>(o.multipliers.size()) - 1; level >= 0; --level) {
    for (int64_t i = 0; i <= o.blocks[static_cast<size_t>(level)]; ++i) units.push_back({level, block++, i, false});
    if (level > 0) units.push_back({level, block, 0, true});
  }
  return units;
}

int64_t product(const std::vector<int64_t>& shape) {
  int64_t all = 1;
  for (const int64_t size : shape) all *= size;
  return all;
}

}  // namespace

std::vector<Place> places_of(const UNetOptions& options) {
  const std::vector<Unit> encoder = encoder_units(options), decoder = decoder_units(options);
  std::vector<Place> places;
  for (const auto& [name, shape] : parameter_shapes(options)) {
    Place place;
    place.name = name;
    place.shape = shape;
    const size_t first = name.find('.'), last = name.rfind('.');
    place.part = name.substr(0, first);
    place.leaf = name.substr(last + 1);
    std::string middle = last > first ? name.substr(first + 1, last - first - 1) : "";
    if (place.part != "out" && !middle.empty()) {
      const size_t dot = middle.find('.');
      place.number = std::stoll(middle.substr(0, dot));
      middle = dot == std::string::npos ? "" : middle.substr(dot + 1);
    }
    place.layer = middle;
    if (place.part == "down" || place.part == "up") {
      const Unit& unit = (place.part == "down" ? encoder : decoder).at(static_cast<size_t>(place.number));
      place.level = unit.level;
      place.block = unit.block;
      place.index = unit.index;
      place.resample = unit.resample;
      place.attends =
          std::find(options.attention.begin(), options.attention.end(), unit.level) != options.attention.end();
    }
    places.push_back(std::move(place));
  }
  return places;
}

std::vector<TensorSource> Layout::sources() const {
  std::vector<TensorSource> all;
  for (const ImportedTensor& tensor : tensors) all.insert(all.end(), tensor.sources.begin(), tensor.sources.end());
  return all;
}

Layout layout_of(const UNetOptions& options, const NameRule& rule) {
  Layout layout;
  for (const Place& place : places_of(options)) {
    if (place.part == "augment") throw std::logic_error("no checkpoint has an augmentation level");
    ImportedTensor tensor = rule(place);
    tensor.name = place.name;
    tensor.shape = place.shape;
    int64_t numel = 0;
    for (const TensorSource& source : tensor.sources) numel += product(source.shape);
    if (numel != product(place.shape)) throw std::logic_error("layout: '" + place.name + "' gets other numbers");
    layout.tensors.push_back(std::move(tensor));
  }
  return layout;
}

bool same_shape(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  const auto bare = [](std::vector<int64_t> shape) {
    while (shape.size() > 1 && shape.back() == 1) shape.pop_back();
    return shape;
  };
  return a == b || bare(a) == bare(b);
}

at::Tensor from_legacy_order(const at::Tensor& qkv, int64_t heads) {
  const int64_t rows = qkv.size(0);
  if (heads < 1 || rows % (3 * heads) != 0) throw std::logic_error("from_legacy_order: rows that heads do not divide");
  return qkv.reshape({heads, 3, rows / (3 * heads), -1}).transpose(0, 1).reshape(qkv.sizes());
}

at::Tensor imported(const NetworkView& net, const ImportedTensor& tensor) {
  std::vector<at::Tensor> parts;
  for (const TensorSource& source : tensor.sources) {
    const at::Tensor part = net.read(source.name);
    const auto refused = [&](const char* why) {
      return DataError(cat("cannot import '", net.file().path(), "': tensor '", net.prefix(), source.name, "' ", why));
    };
    if (!at::isFloatingType(part.scalar_type())) throw refused("holds integers, not weights");
    parts.push_back(part.to(at::kFloat).reshape(source.shape));
    if (!at::isfinite(parts.back()).all().item<bool>()) throw refused("holds infinities or NaN");
  }
  at::Tensor whole = parts.size() == 1 ? parts[0] : at::cat(parts, 0);
  if (tensor.legacy_heads > 0) whole = from_legacy_order(whole, tensor.legacy_heads);
  return whole.reshape(tensor.shape);
}

}  // namespace sr3
