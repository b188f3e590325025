// A file of torch.save whose storages are read one at a time, so that a file of gigabytes needs only the memory of its
// largest tensor. Both containers: zip (since torch 1.6: NAME/data.pkl beside raw
// storages NAME/data/N) and legacy (pickles, then the storages one after the other).
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <string>

#include "format/torch_object.h"

namespace sr3 {

class TorchReader {
 public:
  // DataError as read_torch() (format/torch_pickle.h), except that damage to a storage shows when it is read.
  explicit TorchReader(const std::string& path);
  TorchReader(std::span<const uint8_t> bytes, const std::string& name);
  ~TorchReader();
  TorchReader(TorchReader&&) noexcept;

  const TorchObject& object() const;
  // The position of a storage in the file. Reading in this order is fastest for a zip file; a legacy file is fast in any.
  uint64_t position(const std::string& storage) const;
  at::Tensor storage(const std::string& key);

 private:
  class Container;
  class Legacy;
  class Zip;
  std::unique_ptr<Container> container_;
};

}  // namespace sr3
