// Weights that torch.save wrote, in both of its containers: zip (since torch 1.6: NAME/data.pkl beside raw storages
// NAME/data/N) and legacy (pickles, then the storages one after the other). Nothing in the file is executed:
// format/pickle.h reads data only, and allows only the few globals that tensors need.
//
//   TensorFile file = read_torch("64_256_upsampler.pt");
//   strip_wrappers(file);            // "module.x" -> "x"
//
// This reads a whole file; format/torch_reader.h reads tensor by tensor.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "format/safetensors.h"

namespace sr3 {

enum class TorchContainer {
  kNone,    // something else
  kLegacy,  // pickles
  kZip,
  kScript,  // TorchScript: a program (zip too), which read_torch refuses
};
// Recognizes a file by its first bytes and, for a zip file, its members. Error if it cannot be opened.
TorchContainer torch_container(const std::string& path);
// By the first bytes alone.
bool is_zip(std::span<const uint8_t> head);
bool is_pickle(std::span<const uint8_t> head);

// Reads all tensors in the dicts, lists and tuples of the file's object, in the file's order; a tensor's name is its path,
// joined by dots ("model.0.weight"). Numbers and strings become the metadata, by path. Types: float64 float32 float16
// bfloat16 int64 int32 int16 int8 uint8 bool. Tensors are contiguous and on the CPU; those that share a storage may share
// memory. DataError if the file is truncated or damaged, names a global that tensors do not need, or has a tensor larger
// than its storage, a missing storage, or a name twice.
TensorFile read_torch(const std::string& path);
TensorFile read_torch(std::span<const uint8_t> bytes, const std::string& name);

// Removes the prefixes that wrapping modules and trainers add, as long as all names start with one of `wrappers`. Returns
// what was removed, such as "module.netG."
std::string strip_wrappers(TensorFile& file, const std::vector<std::string>& wrappers = {
                                                 "module.", "state_dict.", "params_ema.", "params.", "ema_model.",
                                                 "netG.", "denoise_fn."});
// The tensors whose names start with a prefix, such as "ema.ema_model.", without it; empty if there are none.
TensorFile part_of(const TensorFile& file, const std::string& prefix);

}  // namespace sr3
