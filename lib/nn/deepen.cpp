#include "nn/deepen.h"

#include <map>
#include <set>
#include <utility>

#include "nn/unet.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

struct Places {
  std::map<std::string, std::string> moved;  // old name of each old layer -> its new name: "up.3" -> "up.5"
  std::set<std::string> added;               // names of the new blocks
};

// Numbers the layers of both networks as the Plan does: blocks and resampling layers in one sequence.
Places places(const UNetOptions& from, const UNetOptions& to) {
  Places result;
  int64_t was = 0, is = 0;
  const auto move = [&](const char* part, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
      result.moved[std::string(part) + "." + std::to_string(was++)] = std::string(part) + "." + std::to_string(is++);
  };
  const auto add = [&](const char* part, int64_t count) {
    for (int64_t i = 0; i < count; ++i) result.added.insert(std::string(part) + "." + std::to_string(is++));
  };
  const auto levels = static_cast<int64_t>(from.blocks.size());
  move("down", 1);
  for (int64_t level = 0; level < levels; ++level) {
    move("down", from.blocks[level]);
    add("down", to.blocks[level] - from.blocks[level]);
    if (level + 1 < levels) move("down", 1);
  }
  was = is = 0;
  for (int64_t level = levels - 1; level >= 0; --level) {
    move("up", 1);
    add("up", to.blocks[level] - from.blocks[level]);
    move("up", from.blocks[level] + (level > 0 ? 1 : 0));
  }
  return result;
}

// Splits "up.3.conv1.weight" into "up.3" and ".conv1.weight".
std::pair<std::string, std::string> split(const std::string& name) {
  const size_t end = name.find('.', name.find('.') + 1);
  return end == std::string::npos ? std::pair(name, std::string()) : std::pair(name.substr(0, end), name.substr(end));
}

// The skip convolution of a new decoder block, whose input is [the previous block's output, the encoder's map]: it passes on
// the first half and ignores the second.
at::Tensor first_half(const at::Tensor& weight) {
  at::Tensor result = at::zeros(weight.sizes(), weight.options().requires_grad(false));
  result.select(3, 0).select(2, 0).fill_diagonal_(1);
  return result;
}

}  // namespace

bool is_deeper(const UNetOptions& from, const UNetOptions& to) {
  if (from.blocks.size() != to.blocks.size() || from.blocks == to.blocks || to.skip_scale != 1) return false;
  for (size_t level = 0; level < from.blocks.size(); ++level)
    if (to.blocks[level] < from.blocks[level]) return false;
  UNetOptions more = from;
  more.blocks = to.blocks;
  return parameter_shapes(more) == parameter_shapes(to);
}

NamedTensors deepen(const UNetOptions& from, const UNetOptions& to, const NamedTensors& tensors,
                    const NamedTensors& fresh) {
  const Places places = sr3::places(from, to);
  NamedTensors result;
  for (const auto& [name, tensor] : tensors) {
    const auto [place, rest] = split(name);
    const auto moved = places.moved.find(place);
    result.emplace_back(moved == places.moved.end() ? name : moved->second + rest, tensor);
  }
  for (const auto& [name, tensor] : fresh) {
    const auto [place, rest] = split(name);
    if (!places.added.contains(place)) continue;
    const at::Tensor value = tensor.detach();
    result.emplace_back(name, rest == ".skip.weight" ? first_half(value)
                              : rest == ".skip.bias" ? at::zeros_like(value)
                                                     : value);
  }
  return result;
}

}  // namespace sr3
