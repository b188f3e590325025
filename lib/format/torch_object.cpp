#include "format/torch_object.h"

#include <algorithm>

#include "tensor/aten.h"

namespace sr3 {
namespace {

constexpr size_t kMaxVisits = 500'000;  // values on all paths, because a list may appear in several places
constexpr size_t kMaxDepth = 32;
constexpr size_t kMaxName = 512;
constexpr uint64_t kMaxShared = 16;  // how many tensors may share the file's bytes, on average

struct StorageType {
  const char* name;
  at::ScalarType type;
};
constexpr StorageType kTypes[] = {{"torch.DoubleStorage", at::kDouble},     {"torch.FloatStorage", at::kFloat},
                                  {"torch.HalfStorage", at::kHalf},         {"torch.LongStorage", at::kLong},
                                  {"torch.BFloat16Storage", at::kBFloat16}, {"torch.IntStorage", at::kInt},
                                  {"torch.ShortStorage", at::kShort},       {"torch.CharStorage", at::kChar},
                                  {"torch.ByteStorage", at::kByte},         {"torch.BoolStorage", at::kBool}};

constexpr const char* kTensorV2 = "torch._utils._rebuild_tensor_v2";
constexpr const char* kTensor = "torch._utils._rebuild_tensor";
constexpr const char* kParameter = "torch._utils._rebuild_parameter";
constexpr const char* kSize = "torch.Size";

}  // namespace

const std::vector<std::string>& TorchObject::allowed_globals() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all = {kTensorV2, kTensor, kParameter, kSize};
    for (const StorageType& type : kTypes) all.push_back(type.name);
    return all;
  }();
  return names;
}

TorchObject::TorchObject(Pickle pickle, std::string origin, uint64_t file_size)
    : pickle_(std::move(pickle)), origin_(std::move(origin)), file_size_(file_size) {
  for (const Pickle::Value& value : pickle_.values)
    if (value.kind == Pickle::kPersistent) declare(value);
  uint64_t total = 0;
  for (const auto& [key, storage] : storages_)
    total += storage.bytes();  // each is below 2^62, and below the file's size
  if (total > file_size_)
    throw damaged(
        cat("its tensors would take ", total, " bytes, more than ", file_size_, ": it is truncated or damaged"));
  visit(pickle_.root, "", 0);
  pickle_ = {};
}

DataError TorchObject::damaged(const std::string& why) const {
  return DataError(cat("cannot read '", origin_, "': ", why));
}

const TorchObject::Storage& TorchObject::storage(const std::string& key) const {
  const auto found = storages_.find(key);
  if (found == storages_.end()) throw damaged(cat("storage '", key.substr(0, 60), "' does not belong to a tensor"));
  return found->second;
}

at::Tensor TorchObject::read(const std::string& key, uint64_t bytes, Source& source) const {
  const Storage& from = storage(key);
  if (bytes != from.bytes())
    throw damaged(cat("storage '", key, "' has ", bytes, " bytes, but its tensor needs ", from.bytes()));
  const at::Tensor data = at::empty({from.numel}, at::TensorOptions().dtype(from.type));
  auto* to = static_cast<uint8_t*>(data.data_ptr());
  for (uint64_t done = 0; done < bytes;) {
    const size_t got = source.read(to + done, bytes - done);
    if (got == 0) throw damaged(cat("truncated in storage '", key, "'"));
    done += got;
  }
  if (from.type == at::kBool && std::any_of(to, to + bytes, [](uint8_t v) { return v > 1; }))
    throw damaged(cat("storage '", key, "' holds a boolean that is neither 0 nor 1"));
  return data;
}

at::Tensor TorchObject::part(const TorchTensor& tensor, const at::Tensor& storage) const {
  for (const int64_t size : tensor.size)
    if (size == 0) return at::empty(tensor.size, storage.options());
  return storage.as_strided(tensor.size, tensor.stride, tensor.offset).contiguous();
}

const Pickle::Value& TorchObject::need(Pickle::Id id, Pickle::Kind kind) const {
  if (pickle_[id].kind != kind) throw damaged("a tensor is not described as torch describes it");
  return pickle_[id];
}

const Pickle::Value& TorchObject::item(const Value& of, size_t i, Pickle::Kind kind) const {
  if (i >= of.items.size()) throw damaged("a tensor is not described as torch describes it");
  return need(of.items[i], kind);
}

// ('storage', torch.FloatStorage, key, location, numel[, None])
void TorchObject::declare(const Value& persistent) {
  const Value& id = item(persistent, 0, Pickle::kTuple);
  const std::string& name = item(id, 1, Pickle::kGlobal).text;
  const std::string& key = item(id, 2, Pickle::kText).text;
  const int64_t numel = item(id, 4, Pickle::kInt).integer;
  const auto type =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const StorageType& t) { return name == t.name; });
  if (item(id, 0, Pickle::kText).text != "storage" || type == std::end(kTypes))
    throw damaged("a storage is not described as torch describes it");
  if (id.items.size() > 5 && pickle_[id.items[5]].kind != Pickle::kNone)
    throw damaged(cat("storage '", key, "' is a view of another, as torch 0.3 wrote it"));
  if (numel < 0 || static_cast<uint64_t>(numel) > file_size_)
    throw damaged(cat("storage '", key, "' claims ", numel, " elements, in a file of at most ", file_size_, " bytes"));
  const auto [place, fresh] = storages_.try_emplace(key, Storage{type->type, numel});
  if (!fresh && (place->second.type != type->type || place->second.numel != numel))
    throw damaged(cat("storage '", key, "' is described in two ways"));
}

std::vector<int64_t> TorchObject::sizes(const Value& from) const {
  if (from.items.size() > 64) throw damaged("a tensor has more than 64 dimensions");
  std::vector<int64_t> all;
  for (const Pickle::Id id : from.items) all.push_back(need(id, Pickle::kInt).integer);
  return all;
}
// torch.Size((2, 3)), or the bare tuple.
std::vector<int64_t> TorchObject::sizes_of(Pickle::Id id) const {
  const Value& value = pickle_[id];
  if (value.kind != Pickle::kCall) return sizes(need(id, Pickle::kTuple));
  if (item(value, 0, Pickle::kGlobal).text != kSize) throw damaged("a tensor's size is not a tuple");
  return sizes(item(item(value, 1, Pickle::kTuple), 0, Pickle::kTuple));
}

TorchTensor TorchObject::tensor(const Value& call, const std::string& name) {
  const Value& arguments = item(call, 1, Pickle::kTuple);
  const std::string& function = item(call, 0, Pickle::kGlobal).text;
  if (function == kParameter) {
    const Value& inner = item(arguments, 0, Pickle::kCall);
    const std::string& what = item(inner, 0, Pickle::kGlobal).text;
    if (what != kTensor && what != kTensorV2) throw damaged(cat("parameter '", name, "' does not hold a tensor"));
    return tensor(inner, name);
  }
  const Value& id = item(item(arguments, 0, Pickle::kPersistent), 0, Pickle::kTuple);
  const std::string& key = item(id, 2, Pickle::kText).text;
  const Storage& storage = storages_.at(key);
  const int64_t offset = item(arguments, 1, Pickle::kInt).integer;
  if (arguments.items.size() < 4) throw damaged("a tensor is not described as torch describes it");
  const std::vector<int64_t> size = sizes_of(arguments.items[2]), stride = sizes_of(arguments.items[3]);
  if (size.size() != stride.size())
    throw damaged(cat("tensor '", name, "' has ", size.size(), " sizes and ", stride.size(), " strides"));
  // The position of the last element. Strides of 0, which repeat elements, are allowed but counted.
  uint64_t last = 0, numel = 1;
  bool fits = offset >= 0 && offset <= storage.numel, empty = false;
  for (size_t i = 0; i < size.size() && fits; ++i) {
    fits = size[i] >= 0 && size[i] <= (int64_t{1} << 40) && stride[i] >= 0 && stride[i] <= (int64_t{1} << 40);
    if (!fits) break;
    empty = empty || size[i] == 0;
    uint64_t reach = 0;
    fits = !__builtin_mul_overflow(static_cast<uint64_t>(std::max<int64_t>(size[i] - 1, 0)),
                                   static_cast<uint64_t>(stride[i]), &reach) &&
           !__builtin_add_overflow(last, reach, &last) &&
           !__builtin_mul_overflow(numel, static_cast<uint64_t>(std::max<int64_t>(size[i], 1)), &numel) &&
           numel < uint64_t{1} << 48;
  }
  const auto room = static_cast<uint64_t>(storage.numel - std::clamp<int64_t>(offset, 0, storage.numel));
  if (!fits || (!empty && last >= room)) throw damaged(cat("tensor '", name, "' is larger than its storage"));
  if (!empty) held_ += numel * at::elementSize(storage.type);
  if (held_ > kMaxShared * file_size_ + (1 << 20)) throw damaged("its tensors share their storages too often");
  return {name, key, offset, size, stride};
}

// Collects the tensors and metadata of one value, whose name is `path`.
void TorchObject::visit(Pickle::Id id, const std::string& path, size_t depth) {
  if (++visits_ > kMaxVisits) throw damaged("it holds too many values");
  if (depth > kMaxDepth) throw damaged(cat("'", path.substr(0, 60), "...' is nested too deeply"));
  if (path.size() > kMaxName) throw damaged(cat("the name '", path.substr(0, 60), "...' is too long"));
  const auto child = [&](const std::string& key) { return path.empty() ? key : cat(path, ".", key); };
  const Value& value = pickle_[id];
  switch (value.kind) {
    case Pickle::kDict:
      for (size_t i = 0; i + 1 < value.items.size(); i += 2) {
        const Value& key = pickle_[value.items[i]];
        if (key.kind == Pickle::kText)
          visit(value.items[i + 1], child(key.text), depth + 1);
        else if (key.kind == Pickle::kInt)
          visit(value.items[i + 1], child(std::to_string(key.integer)), depth + 1);
      }
      break;
    case Pickle::kList:
    case Pickle::kTuple:
      for (size_t i = 0; i < value.items.size(); ++i) visit(value.items[i], child(std::to_string(i)), depth + 1);
      break;
    case Pickle::kCall:
      if (item(value, 0, Pickle::kGlobal).text == kSize) break;
      named(path);
      tensors_.push_back(tensor(value, path));
      break;
    case Pickle::kBool:
      text(path, value.integer ? "true" : "false");
      break;
    case Pickle::kInt:
      text(path, std::to_string(value.integer));
      break;
    case Pickle::kFloat:
      text(path, cat(value.number));
      break;
    case Pickle::kText:
      text(path, value.text);
      break;
    default:
      break;
  }
}

void TorchObject::named(const std::string& path) {
  if (!names_.insert(path).second) throw damaged(cat("the name '", path, "' appears twice"));
}

void TorchObject::text(const std::string& path, const std::string& value) {
  named(path);
  if (value.size() <= kMaxName) metadata_[path] = value;
}

}  // namespace sr3
