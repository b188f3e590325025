// The object that torch.save was given, as data: its tensors, and the storages that they are parts of. The reader of the
// container (format/torch_reader.h) reads the storages.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "format/pickle.h"

namespace sr3 {

// A tensor as a part of a storage, within whose bounds it has been checked to lie.
struct TorchTensor {
  std::string name, storage;
  int64_t offset = 0;
  std::vector<int64_t> size, stride;  // in elements; an empty tensor uses none of its storage
};

class TorchObject {
 public:
  struct Storage {
    at::ScalarType type;
    int64_t numel;
    uint64_t bytes() const { return static_cast<uint64_t>(numel) * at::elementSize(type); }
  };

  // The globals that the pickle may name.
  static const std::vector<std::string>& allowed_globals();

  // origin is for messages. DataError if the storages cannot fit a file of file_size bytes when it is unpacked, a tensor is
  // larger than its storage, a name appears twice, or torch would have described a tensor in another way.
  TorchObject(Pickle pickle, std::string origin, uint64_t file_size);

  // By key.
  const std::map<std::string, Storage>& storages() const { return storages_; }
  const Storage& storage(const std::string& key) const;
  const std::vector<TorchTensor>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  // Reads one storage, (numel), from `source`; `bytes` is its size by the container. DataError if the sizes differ or the
  // data are truncated.
  at::Tensor read(const std::string& key, uint64_t bytes, Source& source) const;
  // A tensor from its storage's data: contiguous, and sharing memory with the storage if it already is.
  at::Tensor part(const TorchTensor& tensor, const at::Tensor& storage) const;

 private:
  using Value = Pickle::Value;

  DataError damaged(const std::string& why) const;
  const Value& need(Pickle::Id id, Pickle::Kind kind) const;
  const Value& item(const Value& of, size_t i, Pickle::Kind kind) const;
  void declare(const Value& persistent);
  std::vector<int64_t> sizes(const Value& from) const;
  std::vector<int64_t> sizes_of(Pickle::Id id) const;
  TorchTensor tensor(const Value& call, const std::string& name);
  void visit(Pickle::Id id, const std::string& path, size_t depth);
  void named(const std::string& path);
  void text(const std::string& path, const std::string& value);

  Pickle pickle_;
  std::string origin_;
  uint64_t file_size_;
  std::map<std::string, Storage> storages_;
  std::vector<TorchTensor> tensors_;
  std::map<std::string, std::string> metadata_;
  std::set<std::string> names_;
  size_t visits_ = 0;
  uint64_t held_ = 0;  // bytes in all tensors, shared ones counted each time
};

}  // namespace sr3
