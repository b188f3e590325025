#include "store/torch_pickle.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string_view>

#include "base/error.h"
#include "store/pickle.h"
#include "store/torch_object.h"
#include "store/zip_reader.h"

namespace sr3 {
namespace {

// The legacy container. 0x1950a86a20f9469cfc6c, 1001, {little_endian, ...}, the object, the storages' keys; then each
// storage: its number of elements (int64) and its data.
constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";

TensorFile read_legacy(Source& source, uint64_t size) {
  const auto damaged = [&](const std::string& why) {
    return DataError(cat("cannot read '", source.name(), "': ", why));
  };
  const Pickle magic = read_pickle(source, {}), version = read_pickle(source, {}), system = read_pickle(source, {});
  if (magic[magic.root].text != kMagic) throw damaged("it is a pickle, but not one of torch.save");
  if (version[version.root].integer != 1001) throw damaged("the version of its format is unknown");
  const Pickle::Value& about = system[system.root];
  for (size_t i = 0; i + 1 < about.items.size(); i += 2)
    if (system[about.items[i]].text == "little_endian" && system[about.items[i + 1]].integer != 1)
      throw damaged("it was written by a big-endian machine");
  TorchObject object(read_pickle(source, TorchObject::allowed_globals()), source.name(), size);
  const Pickle keys = read_pickle(source, {});
  for (const Pickle::Id id : keys[keys.root].items) {
    int64_t count = 0;
    for (size_t done = 0; done < sizeof count;) {
      const size_t got = source.read(reinterpret_cast<uint8_t*>(&count) + done, sizeof count - done);
      if (got == 0) throw damaged("truncated before a storage");
      done += got;
    }
    const auto storage = object.storages().find(keys[id].text);
    if (storage == object.storages().end() || storage->second.numel != count)
      throw damaged(
          cat("storage '", keys[id].text.substr(0, 60), "' has ", count, " elements, which no tensor expects"));
    object.read(storage->first, storage->second.bytes(), source);
  }
  uint8_t more;
  if (source.read(&more, 1) != 0) throw damaged("bytes follow the last storage");
  return object.tensors();
}

struct ZipLayout {
  std::string folder;  // "archive/"
  bool pickle = false, script = false;
};

ZipLayout layout_of(ZipReader& zip) {
  ZipLayout layout;
  while (const auto member = zip.next()) {
    const std::string base = base_name(member->name), folder = directory_of(member->name);
    if (base == "data.pkl") {
      if (layout.pickle) throw DataError(cat("cannot read '", zip.name(), "': two of its members are data.pkl"));
      layout.pickle = true;
      layout.folder = folder;
    }
    layout.script = layout.script || base == "constants.pkl";
  }
  return layout;
}

// `open` begins the archive anew: its directory, the pickle, then the storages in the order of the file.
TensorFile read_zip(const std::function<std::unique_ptr<ZipReader>()>& open) {
  auto zip = open();
  const ZipLayout layout = layout_of(*zip);
  const auto damaged = [&](const std::string& why) { return DataError(cat("cannot read '", zip->name(), "': ", why)); };
  if (layout.script) throw damaged("it is a TorchScript program, not weights");
  if (!layout.pickle) throw damaged("it is a zip file, but not one of torch.save (there is no data.pkl)");
  zip = open();
  std::unique_ptr<TorchObject> object;
  while (const auto member = zip->next()) {
    if (member->name == layout.folder + "data.pkl")
      object = std::make_unique<TorchObject>(read_pickle(*zip, TorchObject::allowed_globals()), zip->name(),
                                             zip->file_size());
    if (member->name == layout.folder + "byteorder") {
      uint8_t order[3];
      if (zip->read(order, sizeof order) == sizeof order && std::memcmp(order, "big", 3) == 0)
        throw damaged("it was written by a big-endian machine");
    }
  }
  zip = open();
  const std::string data = layout.folder + "data/";
  while (const auto member = zip->next())
    if (member->name.starts_with(data) && object->storages().contains(member->name.substr(data.size()))) {
      object->read(member->name.substr(data.size()), member->size, *zip);
      uint8_t more;  // at the end, where the checksum is compared
      if (zip->read(&more, 1) != 0) throw damaged(cat("member '", member->name, "' is longer than it says"));
    }
  return object->tensors();
}

// A pickle of protocol 2 begins with these, a zip file with the other.
bool is_zip(std::span<const uint8_t> head) { return head.size() >= 2 && head[0] == 'P' && head[1] == 'K'; }
bool is_pickle(std::span<const uint8_t> head) { return head.size() >= 2 && head[0] == 0x80 && head[1] <= 5; }

std::vector<uint8_t> head_of(const std::string& path) {
  FileSource source(path);
  std::vector<uint8_t> head(2);
  size_t used = 0;
  while (const size_t got = used < head.size() ? source.read(head.data() + used, head.size() - used) : 0) used += got;
  head.resize(used);
  return head;
}

class Memory : public Source {
 public:
  Memory(std::span<const uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {}
  size_t read(uint8_t* to, size_t n) override {
    n = std::min(n, bytes_.size());
    std::copy_n(bytes_.begin(), n, to);
    bytes_ = bytes_.subspan(n);
    return n;
  }
  const std::string& name() const override { return name_; }

 private:
  std::span<const uint8_t> bytes_;
  const std::string& name_;
};

DataError unknown(const std::string& name) {
  return DataError(cat("cannot read '", name, "': it is no file of torch.save (neither a pickle nor a zip file)"));
}

}  // namespace

TorchContainer torch_container(const std::string& path) {
  const std::vector<uint8_t> head = head_of(path);
  if (is_pickle(head)) return TorchContainer::kLegacy;
  if (!is_zip(head)) return TorchContainer::kNone;
  ZipReader zip(path);
  const ZipLayout layout = layout_of(zip);
  return layout.script ? TorchContainer::kScript : layout.pickle ? TorchContainer::kZip : TorchContainer::kNone;
}

TensorFile read_torch(const std::string& path) {
  const std::vector<uint8_t> head = head_of(path);
  if (is_zip(head)) return read_zip([&] { return std::make_unique<ZipReader>(path); });
  if (!is_pickle(head)) throw unknown(path);
  FileSource source(path);
  std::error_code failure;
  const uint64_t size = std::filesystem::file_size(path, failure);
  if (failure) throw Error(cat("cannot read '", path, "': ", failure.message()));
  return read_legacy(source, size);
}

TensorFile read_torch(std::span<const uint8_t> bytes, const std::string& name) {
  if (is_zip(bytes)) return read_zip([&] { return std::make_unique<ZipReader>(bytes, name); });
  if (!is_pickle(bytes)) throw unknown(name);
  Memory source(bytes, name);
  return read_legacy(source, bytes.size());
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
