#include "format/torch_reader.h"

#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "format/random_access.h"
#include "format/torch_pickle.h"
#include "format/zip_reader.h"

namespace sr3 {
namespace {

// PyTorch stores a zip's members as they are, but a zip that was packed again by other programs may be this much smaller.
constexpr uint64_t kMaxPacked = 16;

// The legacy container. 0x1950a86a20f9469cfc6c, 1001, {little_endian, ...}, the object, the storages' keys; then each
// storage: its number of elements (int64) and its data.
constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
// A storage in a zip file is found by going through the members.
constexpr size_t kMaxMembers = 20000;

DataError damaged(const std::string& name, const std::string& why) {
  return DataError(cat("cannot read '", name, "': ", why));
}

}  // namespace

class TorchReader::Container {
 public:
  virtual ~Container() = default;
  virtual at::Tensor read(const std::string& key) = 0;
  const TorchObject& object() const { return *object_; }
  uint64_t position(const std::string& key) const { return places_.at(key); }

 protected:
  void place(const std::string& key, uint64_t at) {
    if (!places_.emplace(key, at).second) throw damaged(name(), cat("storage '", key.substr(0, 60), "' appears twice"));
  }
  // To be called after all storages have been placed.
  void check_complete() const {
    for (const auto& [key, storage] : object_->storages())
      if (!places_.contains(key)) throw damaged(name(), cat("storage '", key.substr(0, 60), "' is missing"));
  }
  virtual const std::string& name() const = 0;

  std::optional<TorchObject> object_;
  std::map<std::string, uint64_t> places_;
};

class TorchReader::Legacy : public Container {
 public:
  explicit Legacy(std::unique_ptr<RandomAccess> bytes) : bytes_(std::move(bytes)) {
    const uint64_t size = bytes_->size();
    RangeSource source(*bytes_, 0, size);
    const Pickle magic = read_pickle(source, {});
    if (magic[magic.root].text != kMagic) throw damaged(name(), "it is a pickle, but not one that torch.save wrote");
    const Pickle version = read_pickle(source, {}), system = read_pickle(source, {});
    if (version[version.root].integer != 1001) throw damaged(name(), "the version of its format is unknown");
    const Pickle::Value& about = system[system.root];
    for (size_t i = 0; i + 1 < about.items.size(); i += 2)
      if (system[about.items[i]].text == "little_endian" && system[about.items[i + 1]].integer != 1)
        throw damaged(name(), "it was written by a big-endian machine");
    object_.emplace(read_pickle(source, TorchObject::allowed_globals()), name(), size);
    const Pickle keys = read_pickle(source, {});
    uint64_t at = source.position();
    for (const Pickle::Id id : keys[keys.root].items) {
      const std::string& key = keys[id].text;
      int64_t count = 0;
      if (size - at < sizeof count) throw damaged(name(), "truncated before a storage");
      RangeSource(*bytes_, at, size).read(reinterpret_cast<uint8_t*>(&count), sizeof count);
      at += sizeof count;
      const auto storage = object_->storages().find(key);
      if (storage == object_->storages().end() || storage->second.numel != count)
        throw damaged(name(), cat("storage '", key.substr(0, 60), "' has ", count,
                                  " elements, but its tensors expect another number"));
      place(key, at);
      if (size - at < storage->second.bytes()) throw damaged(name(), cat("truncated in storage '", key, "'"));
      at += storage->second.bytes();
    }
    check_complete();
    if (at != size) throw damaged(name(), "bytes follow the last storage");
  }

  at::Tensor read(const std::string& key) override {
    const uint64_t begin = position(key), bytes = object_->storage(key).bytes();
    RangeSource source(*bytes_, begin, begin + bytes);
    return object_->read(key, bytes, source);
  }

 protected:
  const std::string& name() const override { return bytes_->name(); }

 private:
  std::unique_ptr<RandomAccess> bytes_;
};

class TorchReader::Zip : public Container {
 public:
  using Open = std::function<std::unique_ptr<ZipReader>()>;

  explicit Zip(Open open) : open_(std::move(open)), zip_(open_()), name_(zip_->name()) {
    bool script = false;
    std::optional<std::string> folder;  // "archive/"
    size_t members = 0;
    while (const auto member = zip_->next()) {
      if (++members > kMaxMembers) throw damaged(name_, cat("it has more than ", kMaxMembers, " members"));
      if (base_name(member->name) == "data.pkl") {
        if (folder) throw damaged(name_, "two of its members are data.pkl");
        folder = directory_of(member->name);
      }
      script = script || base_name(member->name) == "constants.pkl";
    }
    if (script) throw damaged(name_, "it is a TorchScript program, not weights");
    if (!folder) throw damaged(name_, "it is a zip file, but not one that torch.save wrote (it has no data.pkl)");
    read_pickle_in(*folder);
    data_ = *folder + "data/";
    restart();
    for (uint64_t number = 0; const auto member = next(); ++number)
      if (const auto key = key_of(member->name)) {
        place(*key, number);
        if (const uint64_t needed = object_->storage(*key).bytes(); member->size != needed)
          throw damaged(name_, cat("storage '", *key, "' has ", member->size, " bytes, but its tensor needs ", needed));
      }
    check_complete();
    restart();
  }

  at::Tensor read(const std::string& key) override {
    const uint64_t wanted = position(key);
    if (wanted < next_) restart();
    std::optional<ZipReader::Member> member;
    while (next_ <= wanted) member = next();
    if (!member || key_of(member->name) != key) throw damaged(name_, "it changed while it was read");
    const at::Tensor data = object_->read(key, member->size, *zip_);
    uint8_t more;  // at the end, where the checksum is compared
    if (zip_->read(&more, 1) != 0) throw damaged(name_, cat("member '", member->name, "' is longer than it says"));
    return data;
  }

 protected:
  const std::string& name() const override { return name_; }

 private:
  void restart() {
    zip_ = open_();
    next_ = 0;
  }
  std::optional<ZipReader::Member> next() {
    ++next_;
    return zip_->next();
  }
  void read_pickle_in(const std::string& folder) {
    restart();
    while (const auto member = next()) {
      if (member->name == folder + "data.pkl")
        object_.emplace(read_pickle(*zip_, TorchObject::allowed_globals()), name_, kMaxPacked * zip_->file_size());
      if (member->name == folder + "byteorder") {
        uint8_t order[3];
        if (zip_->read(order, sizeof order) == sizeof order && std::memcmp(order, "big", 3) == 0)
          throw damaged(name_, "it was written by a big-endian machine");
      }
    }
  }
  // Of a storage that a tensor needs.
  std::optional<std::string> key_of(const std::string& member) const {
    if (!member.starts_with(data_)) return std::nullopt;
    const std::string key = member.substr(data_.size());
    return object_->storages().contains(key) ? std::optional(key) : std::nullopt;
  }

  Open open_;
  std::unique_ptr<ZipReader> zip_;
  std::string name_, data_;
  uint64_t next_ = 0;  // number of the member that next() gives
};

TorchReader::TorchReader(const std::string& path) {
  auto bytes = open_random(path);
  uint8_t head[4] = {};
  RangeSource(*bytes, 0, bytes->size()).read(head, sizeof head);
  if (is_zip(head))
    container_ = std::make_unique<Zip>([path] { return std::make_unique<ZipReader>(path); });
  else if (is_pickle(head))
    container_ = std::make_unique<Legacy>(std::move(bytes));
  else
    throw damaged(path, "torch.save did not write it (it is neither a pickle nor a zip file)");
}

TorchReader::TorchReader(std::span<const uint8_t> bytes, const std::string& name) {
  if (is_zip(bytes))
    container_ = std::make_unique<Zip>([bytes, name] { return std::make_unique<ZipReader>(bytes, name); });
  else if (is_pickle(bytes))
    container_ = std::make_unique<Legacy>(random_bytes(bytes, name));
  else
    throw damaged(name, "torch.save did not write it (it is neither a pickle nor a zip file)");
}

TorchReader::~TorchReader() = default;
TorchReader::TorchReader(TorchReader&&) noexcept = default;
const TorchObject& TorchReader::object() const { return container_->object(); }
uint64_t TorchReader::position(const std::string& storage) const { return container_->position(storage); }
at::Tensor TorchReader::storage(const std::string& key) { return container_->read(key); }

}  // namespace sr3
