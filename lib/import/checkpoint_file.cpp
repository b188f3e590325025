#include "import/checkpoint_file.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "base/error.h"
#include "format/json.h"
#include "format/random_access.h"
#include "format/torch_pickle.h"
#include "format/torch_reader.h"
#include "tensor/aten.h"

namespace sr3 {

struct CheckpointFile::Reader {
  virtual ~Reader() = default;
  virtual std::string container() const = 0;
  virtual std::vector<std::string> shards() const { return {}; }
  virtual at::Tensor read(size_t i) = 0;  // the tensor tensors_[i]
};

class CheckpointFile::SafetensorsFile : public Reader {
 public:
  SafetensorsFile(std::unique_ptr<RandomAccess> bytes, CheckpointFile& file) : bytes_(std::move(bytes)) {
    RangeSource source(*bytes_, 0, bytes_->size());
    header_ = read_safetensors_header(source, bytes_->size());
    for (const auto& entry : header_.entries) file.tensors_.push_back({{entry}, entry.begin});
    file.metadata_ = header_.metadata;
  }
  std::string container() const override { return "safetensors"; }
  at::Tensor read(size_t i) override {
    const auto& entry = header_.entries[i];
    RangeSource source(*bytes_, header_.data_begin + entry.begin, header_.data_begin + entry.end);
    return read_safetensor(source, header_, entry);
  }

 private:
  std::unique_ptr<RandomAccess> bytes_;
  SafetensorsHeader header_;
};

class CheckpointFile::TorchFile : public Reader {
 public:
  TorchFile(bool zip, CheckpointFile& file) : zip_(zip), reader_(file.path_) {
    const TorchObject& object = reader_.object();
    for (const TorchTensor& t : object.tensors())
      file.tensors_.push_back({{t.name, object.storage(t.storage).type, t.size}, reader_.position(t.storage)});
    file.metadata_ = object.metadata();
  }
  std::string container() const override { return zip_ ? "torch (zip)" : "torch (legacy)"; }
  at::Tensor read(size_t i) override {
    const TorchTensor& tensor = reader_.object().tensors()[i];
    if (!last_.defined() || last_key_ != tensor.storage) {  // several tensors may share a storage
      last_ = at::Tensor();
      last_ = reader_.storage(tensor.storage);
      last_key_ = tensor.storage;
    }
    return reader_.object().part(tensor, last_);
  }

 private:
  bool zip_;
  TorchReader reader_;
  std::string last_key_;
  at::Tensor last_;
};

// A checkpoint in several files, beside an index of JSON whose weight_map states the file of each tensor.
class CheckpointFile::ShardedFile : public Reader {
 public:
  explicit ShardedFile(CheckpointFile& file) {
    const JsonObject index = JsonObject::parse(read_text(file.path_, kMaxIndex), file.path_, kMaxIndexDepth);
    const auto places = index.get<JsonObject>("weight_map");
    std::map<std::string, size_t> numbers;
    for (const std::string& name : places.keys()) {
      const auto shard = places.get<std::string>(name);
      if (shard.empty() || shard == "." || shard == ".." || shard.find('/') != std::string::npos)
        throw places.wrong(name, "the name of a file beside the index");
      const auto [number, added] = numbers.emplace(shard, shards_.size());
      if (added) shards_.push_back(std::make_unique<CheckpointFile>(directory_of(file.path_) + shard));
      const CheckpointFile& of = *shards_[number->second];
      const CheckpointTensor* tensor = of.find(name);
      if (!tensor) throw DataError(cat("cannot read '", file.path_, "': '", of.path(), "' has no tensor '", name, "'"));
      file.tensors_.push_back(*tensor);
      file.tensors_.back().position += uint64_t{number->second} << kShardBits;
      owners_.push_back(number->second);
      names_.push_back(name);
    }
    if (shards_.empty()) throw places.error("its weight_map is empty");
    file.metadata_ = shards_[0]->metadata();
  }
  std::string container() const override { return cat(shards_[0]->container(), " (", shards_.size(), " files)"); }
  std::vector<std::string> shards() const override {
    std::vector<std::string> paths;
    for (const auto& shard : shards_) paths.push_back(shard->path());
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  at::Tensor read(size_t i) override { return shards_[owners_[i]]->read(names_[i]); }

 private:
  static constexpr uint64_t kMaxIndex = uint64_t{1} << 26;  // bytes
  static constexpr int kMaxIndexDepth = 4;
  static constexpr int kShardBits = 48;  // no file is larger
  std::vector<std::unique_ptr<CheckpointFile>> shards_;
  std::vector<size_t> owners_;  // of the tensors: indices into shards_
  std::vector<std::string> names_;
};

CheckpointFile::CheckpointFile(const std::string& path) : path_(path) {
  if (path.ends_with(".index.json")) {
    reader_ = std::make_unique<ShardedFile>(*this);
    for (size_t i = 0; i < tensors_.size(); ++i) index_.emplace(tensors_[i].name, i);
    return;
  }
  auto bytes = open_random(path);
  std::vector<uint8_t> head(16);
  head.resize(RangeSource(*bytes, 0, bytes->size()).read(head.data(), head.size()));
  const std::string text(head.begin(), head.end());
  // A safetensors file starts with the length of its header, whose bytes may look like the start of another format.
  uint64_t header = 0;
  for (size_t i = 8; i > 0 && head.size() > 8; --i) header = header << 8 | head[i - 1];
  if (head.size() > 8 && head[8] == '{' && (header <= bytes->size() - 8 || !(is_zip(head) || is_pickle(head)))) {
    reader_ = std::make_unique<SafetensorsFile>(std::move(bytes), *this);
  } else if (is_zip(head) || is_pickle(head)) {
    reader_ = std::make_unique<TorchFile>(is_zip(head), *this);
  } else {
    const bool pointer = text.starts_with("version https:");
    throw DataError(
        cat("cannot read '", path, "': ",
            head.empty() ? "it is empty"
            : pointer    ? "it is a Git LFS pointer to the weights, not the weights: fetch them first (git lfs pull)"
            : text[0] == '<' ? "it is a web page, not weights"
                             : "it is neither a safetensors file nor one that torch.save wrote (zip or legacy)"));
  }
  for (size_t i = 0; i < tensors_.size(); ++i) index_.emplace(tensors_[i].name, i);
}

CheckpointFile::~CheckpointFile() = default;

std::string CheckpointFile::container() const { return reader_->container(); }

std::vector<std::string> CheckpointFile::files() const {
  std::vector<std::string> all = reader_->shards();
  all.insert(all.begin(), path_);
  return all;
}

const CheckpointTensor* CheckpointFile::find(const std::string& name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

at::Tensor CheckpointFile::read(const std::string& name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) throw std::logic_error("no tensor '" + name + "'");
  return reader_->read(found->second);
}

NetworkView::NetworkView(const CheckpointFile& file, std::string prefix) : file_(&file), prefix_(std::move(prefix)) {
  for (const CheckpointTensor& tensor : file.tensors()) {
    if (!tensor.name.starts_with(prefix_) || tensor.name.size() == prefix_.size()) continue;
    tensors_.push_back(tensor);
    tensors_.back().name.erase(0, prefix_.size());
    index_.emplace(tensors_.back().name, tensors_.size() - 1);
  }
}

const CheckpointTensor* NetworkView::find(const std::string& name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

int64_t NetworkView::parameters() const {
  int64_t sum = 0;
  for (const CheckpointTensor& tensor : tensors_) {
    int64_t numel = 1;
    for (const int64_t size : tensor.shape) numel *= size;
    sum += numel;
  }
  return sum;
}

std::vector<std::string> prefixes_of(const CheckpointFile& file, const std::string& marker) {
  std::vector<std::string> prefixes;
  for (const CheckpointTensor& tensor : file.tensors()) {
    if (!tensor.name.ends_with(marker)) continue;
    std::string prefix = tensor.name.substr(0, tensor.name.size() - marker.size());
    if (prefix.empty() || prefix.back() == '.') prefixes.push_back(std::move(prefix));
  }
  // "ema" as a word of its own: "ema_model.", "params_ema.", but not "schema.".
  const auto averaged = [](const std::string& prefix) {
    for (size_t at = prefix.find("ema"); at != std::string::npos; at = prefix.find("ema", at + 1)) {
      const auto ends = [&](char c) { return c == '.' || c == '_'; };
      if ((at == 0 || ends(prefix[at - 1])) && (at + 3 == prefix.size() || ends(prefix[at + 3]))) return true;
    }
    return false;
  };
  const auto rank = [&](const std::string& prefix) { return std::tuple(!averaged(prefix), prefix.size(), prefix); };
  std::sort(prefixes.begin(), prefixes.end(),
            [&](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  return prefixes;
}

NetworkView network_in(const CheckpointFile& file, const std::string& marker) {
  const auto prefixes = prefixes_of(file, marker);
  return {file, prefixes.empty() ? "" : prefixes[0]};
}

}  // namespace sr3
