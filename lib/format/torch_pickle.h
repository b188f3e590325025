// Weights as torch.save wrote them, in both of its containers: zip (since torch 1.6: NAME/data.pkl beside raw storages
// NAME/data/N) and legacy (pickles, then the storages one after the other). Nothing of the file is executed:
// format/pickle.h reads data only, and the few globals that tensors need are known by name.
//
//   TensorFile file = read_torch("64_256_upsampler.pt");
//   strip_wrappers(file);            // "module.x" -> "x"
//
// All at once; format/torch_reader.h reads tensor by tensor.
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
// By the first bytes and a zip's list of members. Error when the file cannot be opened.
TorchContainer torch_container(const std::string& path);
// By the first two bytes alone.
bool is_zip(std::span<const uint8_t> head);
bool is_pickle(std::span<const uint8_t> head);

// All tensors that are reached from the file's object through dicts, lists and tuples; a tensor's name is its path,
// joined by dots ("model.0.weight"), in the file's order. Numbers and texts beside them are the metadata, by path.
// float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool. Tensors on the CPU, contiguous; those that share
// a storage share memory. DataError: truncated or damaged, another global than tensors need (named), a tensor that is
// larger than its storage, storages that the file does not hold, names met twice.
TensorFile read_torch(const std::string& path);
TensorFile read_torch(std::span<const uint8_t> bytes, const std::string& name);

// Takes off what wrapping modules and trainers put before names, as long as all names begin with one of `wrappers`.
// What was taken off, joined: "module.netG."
std::string strip_wrappers(TensorFile& file, const std::vector<std::string>& wrappers = {
                                                 "module.", "state_dict.", "params_ema.", "params.", "ema_model.",
                                                 "netG.", "denoise_fn."});
// The tensors below a prefix, without it: part_of(file, "ema.ema_model."). Empty when there is none.
TensorFile part_of(const TensorFile& file, const std::string& prefix);

}  // namespace sr3
