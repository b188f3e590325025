// What torch_pickle reads: the object that torch.save was given, as data, and the storages that it names. The
// container's reader fills the storages, and takes the tensors out.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/pickle.h"
#include "store/safetensors.h"

namespace sr3 {

class TorchObject {
 public:
  struct Storage {
    at::ScalarType type;
    int64_t numel;
    at::Tensor data;  // (numel); undefined until it is read
    uint64_t bytes() const { return static_cast<uint64_t>(numel) * at::elementSize(type); }
  };

  // The globals that the pickle may name.
  static const std::vector<std::string>& allowed_globals();

  // origin is for messages. DataError when the storages cannot lie in a file of so many bytes.
  TorchObject(Pickle pickle, std::string origin, uint64_t file_size);

  // By key.
  const std::map<std::string, Storage>& storages() const { return storages_; }
  // Fills one storage; `bytes` is what the container says it holds.
  void read(const std::string& key, uint64_t bytes, Source& source);
  // When all are filled, once.
  TensorFile tensors();

 private:
  using Value = Pickle::Value;

  DataError damaged(const std::string& why) const;
  const Value& need(Pickle::Id id, Pickle::Kind kind) const;
  const Value& item(const Value& of, size_t i, Pickle::Kind kind) const;
  void declare(const Value& persistent);
  std::vector<int64_t> sizes(const Value& from) const;
  std::vector<int64_t> sizes_of(Pickle::Id id) const;
  at::Tensor tensor(const Value& call, const std::string& name);
  void visit(Pickle::Id id, const std::string& path, size_t depth);
  void named(const std::string& path);
  void text(const std::string& path, const std::string& value);

  Pickle pickle_;
  std::string origin_;
  uint64_t file_size_;
  std::map<std::string, Storage> storages_;
  TensorFile file_;
  std::set<std::string> names_;
  size_t visits_ = 0;
  uint64_t held_ = 0;  // bytes in all tensors, shared ones counted each time
};

}  // namespace sr3
