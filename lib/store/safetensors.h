// Named tensors in one file (the safetensors format: little-endian u64 header length, JSON header, raw data). Read defensively.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sr3 {

struct TensorFile {
  std::vector<std::pair<std::string, at::Tensor>> tensors;  // in the file's order
  std::map<std::string, std::string> metadata;
};

// Written atomically; F32 F16 BF16 F64 I64 I32 U8 BOOL. Data 8-byte aligned, order kept; same input, same bytes.
void write_safetensors(const std::string& path, const TensorFile& file);
// DataError on any inconsistency (overlaps, gaps, sizes, dtype, duplicate names, header over 100 MB).
TensorFile read_safetensors(const std::string& path);

}  // namespace sr3
