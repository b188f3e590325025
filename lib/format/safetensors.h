// Named tensors in one file (the safetensors format: little-endian u64 header length, JSON header, raw data). Headers
// are not trusted: no allocation exceeds the file's size, and every inconsistency is an error.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "tensor/named_tensors.h"

namespace sr3 {

struct TensorFile {
  NamedTensors tensors;  // in the order of their data in the file
  std::map<std::string, std::string> metadata;
};

// A tensor without its data.
struct TensorShape {
  std::string name;
  at::ScalarType type;
  std::vector<int64_t> shape;
};

// The header of a file.
struct SafetensorsHeader {
  struct Entry : TensorShape {
    uint64_t begin, end;  // from data_begin
  };
  std::vector<Entry> entries;  // in the order of their data, which they fill without a gap
  std::map<std::string, std::string> metadata;
  uint64_t data_begin = 0;
};
// Reads the header from the start of a file of `size` bytes. DataError for any inconsistency: overlaps, gaps, sizes,
// unknown types, duplicate names, a header over 16 MiB.
SafetensorsHeader read_safetensors_header(Source& source, uint64_t size);
// Reads the data of one entry, which must come next in the source, as a contiguous tensor on the CPU. DataError if they
// are truncated.
at::Tensor read_safetensor(Source& source, const SafetensorsHeader& header, const SafetensorsHeader::Entry& entry);

// Writes a file tensor by tensor, so that not all need to be in memory.
class SafetensorsWriter {
 public:
  // Error if a name appears twice or the format lacks a type.
  SafetensorsWriter(const std::string& path, std::vector<TensorShape> tensors,
                    const std::map<std::string, std::string>& metadata);
  void write(const at::Tensor& tensor);  // the next one
  void close();                          // after the last tensor; without it no file appears

 private:
  std::vector<TensorShape> tensors_;
  size_t next_ = 0;
  OutputFile out_;
};

// Writes a file atomically. Types: F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL; tensors may be on any device and of any layout,
// and are stored row-major in the given order. The data section is 8-byte aligned, and the same input gives the same bytes.
// Error if a name appears twice or the format lacks a type.
void write_safetensors(const std::string& path, const TensorFile& file);

// Reads all tensors, contiguous and on the CPU. DataError as above.
TensorFile read_safetensors(const std::string& path);
// Reads a file of `size` bytes from a source.
TensorFile read_safetensors(Source& source, uint64_t size);

}  // namespace sr3
