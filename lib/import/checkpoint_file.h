// A checkpoint file of any project: names, types and shapes of its tensors, and each tensor's data when it is requested.
//
//   CheckpointFile file("64_256_upsampler.pt");
//   const NetworkView net = network_in(file, "input_blocks.0.0.weight");   // whatever the prefix of the names is
//   net.read("input_blocks.0.0.weight");
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "format/safetensors.h"

namespace sr3 {

struct CheckpointTensor : TensorShape {
  uint64_t position = 0;  // in the file: reading in this order is fastest
};

class CheckpointFile {
 public:
  // Opens a regular file that torch.save wrote (zip or legacy), or a safetensors file, recognized by its content; or a
  // checkpoint in several of them, by its index "*.index.json", which Hugging Face's libraries write. DataError for anything
  // else or a damaged file; nothing in it is executed (format/pickle.h).
  explicit CheckpointFile(const std::string& path);
  ~CheckpointFile();
  CheckpointFile(const CheckpointFile&) = delete;

  const std::string& path() const { return path_; }
  std::string container() const;  // "torch (zip)", "torch (legacy)", "safetensors", "safetensors (3 files)"
  // All files that it consists of; of several, the index comes first.
  std::vector<std::string> files() const;
  const std::vector<CheckpointTensor>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const CheckpointTensor* find(const std::string& name) const;  // null if there is none
  // A contiguous tensor on the CPU, of the file's type. std::logic_error if there is none of this name.
  at::Tensor read(const std::string& name) const;

 private:
  struct Reader;
  class SafetensorsFile;
  class ShardedFile;
  class TorchFile;
  std::string path_;
  std::unique_ptr<Reader> reader_;
  std::vector<CheckpointTensor> tensors_;
  std::map<std::string, std::string> metadata_;
  std::unordered_map<std::string, size_t> index_;
};

// The tensors whose names begin alike, without that beginning.
class NetworkView {
 public:
  NetworkView(const CheckpointFile& file, std::string prefix);  // `file` must outlive it

  const CheckpointFile& file() const { return *file_; }
  const std::string& prefix() const { return prefix_; }
  const std::vector<CheckpointTensor>& tensors() const { return tensors_; }
  const CheckpointTensor* find(const std::string& name) const;
  at::Tensor read(const std::string& name) const { return file_->read(prefix_ + name); }
  int64_t parameters() const;  // number of elements of all tensors

 private:
  const CheckpointFile* file_;
  std::string prefix_;
  std::vector<CheckpointTensor> tensors_;
  std::unordered_map<std::string, size_t> index_;
};

// The prefixes of the names of networks that have a tensor called `marker`: "", "module.", "state.ema_model.", ... If a
// file has several, averaged weights ("ema" in the prefix) come first, then the shortest prefix.
std::vector<std::string> prefixes_of(const CheckpointFile& file, const std::string& marker);
// The network with the first of these prefixes; the whole file if there is none.
NetworkView network_in(const CheckpointFile& file, const std::string& marker);

}  // namespace sr3
