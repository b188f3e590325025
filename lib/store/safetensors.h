// Named tensors in one file (the safetensors format: little-endian u64 header length, JSON header, raw data). Read defensively:
// nothing is allocated beyond the file's own size, and every inconsistency is an error, never a guess.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sr3 {

class Source;

struct TensorFile {
  std::vector<std::pair<std::string, at::Tensor>> tensors;  // in the order of their data in the file
  std::map<std::string, std::string> metadata;
};

// Written atomically; F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL, from any device and layout (stored row-major). The data section is
// 8-byte aligned, order kept; same input, same bytes. Error on a name met twice and on other types.
void write_safetensors(const std::string& path, const TensorFile& file);

// On the CPU, contiguous. DataError on any inconsistency (overlaps, gaps, sizes, dtype, duplicate names, header over 100 MB).
TensorFile read_safetensors(const std::string& path);
// The same from `size` bytes of a source.
TensorFile read_safetensors(Source& source, uint64_t size);

}  // namespace sr3
