// Named tensors in one file (the safetensors format: little-endian u64 header length, JSON header, raw data). Read defensively:
// nothing is allocated beyond the file's own size, and every inconsistency is an error, never a guess.
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

// A tensor that is not there yet.
struct TensorShape {
  std::string name;
  at::ScalarType type;
  std::vector<int64_t> shape;
};

// What a file begins with.
struct SafetensorsHeader {
  struct Entry : TensorShape {
    uint64_t begin, end;  // from data_begin
  };
  std::vector<Entry> entries;  // in the order of their data, which they fill without a gap
  std::map<std::string, std::string> metadata;
  uint64_t data_begin = 0;
};
// size: of the whole file. DataError on any inconsistency (overlaps, gaps, sizes, dtype, duplicate names, header over
// 100 MB).
SafetensorsHeader read_safetensors_header(Source& source, uint64_t size);
// The data of one entry, which come next in the source: on the CPU, contiguous. DataError when they are cut short.
at::Tensor read_safetensor(Source& source, const SafetensorsHeader& header, const SafetensorsHeader::Entry& entry);

// A file written one tensor after the other, so that they need not all be in memory.
class SafetensorsWriter {
 public:
  // Error on a name met twice and on a type that the format lacks.
  SafetensorsWriter(const std::string& path, std::vector<TensorShape> tensors,
                    const std::map<std::string, std::string>& metadata);
  void write(const at::Tensor& tensor);  // the next one
  void close();                          // when all are written; without it there is no file

 private:
  std::vector<TensorShape> tensors_;
  size_t next_ = 0;
  OutputFile out_;
};

// Written atomically; F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL, from any device and layout (stored row-major). The data section is
// 8-byte aligned, order kept; same input, same bytes. Error on a name met twice and on other types.
void write_safetensors(const std::string& path, const TensorFile& file);

// On the CPU, contiguous. DataError as above.
TensorFile read_safetensors(const std::string& path);
// The same from `size` bytes of a source.
TensorFile read_safetensors(Source& source, uint64_t size);

}  // namespace sr3
