#include "format/torch_pickle.h"

#include <algorithm>

#include "base/error.h"
#include "format/torch_reader.h"
#include "format/zip_reader.h"

namespace sr3 {
namespace {

std::vector<uint8_t> head_of(const std::string& path) {
  FileSource source(path);
  std::vector<uint8_t> head(4);
  size_t used = 0;
  while (const size_t got = used < head.size() ? source.read(head.data() + used, head.size() - used) : 0) used += got;
  head.resize(used);
  return head;
}

// Reads the whole file, in the order of its storages.
TensorFile read_all(TorchReader reader) {
  const TorchObject& object = reader.object();
  std::vector<std::pair<uint64_t, std::string>> order;
  for (const auto& [key, storage] : object.storages()) order.emplace_back(reader.position(key), key);
  std::sort(order.begin(), order.end());
  std::map<std::string, at::Tensor> storages;
  for (const auto& [position, key] : order) storages[key] = reader.storage(key);
  TensorFile file;
  file.metadata = object.metadata();
  for (const TorchTensor& tensor : object.tensors())
    file.tensors.emplace_back(tensor.name, object.part(tensor, storages.at(tensor.storage)));
  return file;
}

}  // namespace

TorchContainer torch_container(const std::string& path) {
  const std::vector<uint8_t> head = head_of(path);
  if (is_pickle(head)) return TorchContainer::kLegacy;
  if (!is_zip(head)) return TorchContainer::kNone;
  ZipReader zip(path);
  bool pickle = false, script = false;
  while (const auto member = zip.next()) {
    pickle = pickle || base_name(member->name) == "data.pkl";
    script = script || base_name(member->name) == "constants.pkl";
  }
  return script ? TorchContainer::kScript : pickle ? TorchContainer::kZip : TorchContainer::kNone;
}

bool is_zip(std::span<const uint8_t> head) {
  return head.size() >= 4 && head[0] == 'P' && head[1] == 'K' && head[2] + 1 == head[3] &&
         (head[2] == 3 || head[2] == 5);
}
bool is_pickle(std::span<const uint8_t> head) { return head.size() >= 2 && head[0] == 0x80 && head[1] <= 5; }

TensorFile read_torch(const std::string& path) { return read_all(TorchReader(path)); }

TensorFile read_torch(std::span<const uint8_t> bytes, const std::string& name) {
  return read_all(TorchReader(bytes, name));
}

std::string strip_wrappers(TensorFile& file, const std::vector<std::string>& wrappers) {
  std::string stripped;
  const auto on_all = [&](const std::string& wrapper) {
    return !file.tensors.empty() && std::all_of(file.tensors.begin(), file.tensors.end(), [&](const auto& entry) {
      return entry.first.size() > wrapper.size() && entry.first.starts_with(wrapper);
    });
  };
  for (size_t i = 0; i < wrappers.size(); ++i) {
    if (wrappers[i].empty() || !on_all(wrappers[i])) continue;
    for (auto& [name, tensor] : file.tensors) name.erase(0, wrappers[i].size());
    stripped += wrappers[i];
    i = static_cast<size_t>(-1);  // from the first again
  }
  return stripped;
}

TensorFile part_of(const TensorFile& file, const std::string& prefix) {
  TensorFile part;
  for (const auto& [name, tensor] : file.tensors)
    if (name.size() > prefix.size() && name.starts_with(prefix))
      part.tensors.emplace_back(name.substr(prefix.size()), tensor);
  for (const auto& [name, text] : file.metadata)
    if (name.size() > prefix.size() && name.starts_with(prefix)) part.metadata[name.substr(prefix.size())] = text;
  return part;
}

}  // namespace sr3
