// A file of torch.save, opened: what is in it is known, and its storages are read one at a time, so that a file of
// gigabytes needs the memory of its largest tensor. Both containers: zip (since torch 1.6: NAME/data.pkl beside raw
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
  // DataError for what torch_pickle.h lists. A zip's members are not believed before they are read.
  explicit TorchReader(const std::string& path);
  TorchReader(std::span<const uint8_t> bytes, const std::string& name);
  ~TorchReader();
  TorchReader(TorchReader&&) noexcept;

  const TorchObject& object() const;
  // Where in the file a storage is, to be read in that order: quick for legacy files in any order, for a zip forwards.
  uint64_t position(const std::string& storage) const;
  at::Tensor storage(const std::string& key);

 private:
  class Container;
  class Legacy;
  class Zip;
  std::unique_ptr<Container> container_;
};

}  // namespace sr3
