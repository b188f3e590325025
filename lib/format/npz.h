// NumPy's arrays in a zip file (.npz), as numpy.savez and savez_compressed write them: each member NAME.npy is a header
// (format/npy.h) and raw data. Headers are not trusted: an array that could not fit the file's size is an error. Supported
// types are bool, int8..int64, uint8, float16..float64, little-endian, and byte strings ('S') as text. The file may have
// arrays of other types (pickled objects, unicode); reading one of these is an error that names its type.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "format/npy.h"
#include "tensor/named_tensors.h"

namespace sr3 {

// Reads the arrays of a file one after the other, and their data in pieces of any size, so that an array may be larger
// than memory.
class NpzReader {
 public:
  struct Entry : NpyHeader {
    std::string name;                    // without .npy
    std::optional<at::ScalarType> type;  // nothing if the type is not supported
    uint64_t bytes = 0;                  // of the data
  };

  explicit NpzReader(const std::string& path);
  ~NpzReader();
  NpzReader(const NpzReader&) = delete;

  // Goes to the next array, skipping the rest of the current one and members that are not .npy files; nothing at the end.
  // DataError if the container or a header is damaged.
  std::optional<Entry> next();
  // Reads the next n bytes of the current array's data. DataError if there are fewer, or if the checksum at the end is
  // wrong.
  void read(void* to, uint64_t n);
  // Reads all of the current array: numbers as a row-major tensor, whatever their order in the file; a byte string without
  // its trailing zeros. DataError if it has another type.
  at::Tensor read_array();
  std::string read_text();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Npz {
  NamedTensors arrays;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::string> unread{};  // arrays of unsupported types: names and types

  bool has(const std::string& name) const { return find(name) != nullptr; }
  const at::Tensor* find(const std::string& name) const;
};

// Reads all arrays except those that `leave` names. DataError if two have one name, or there are none.
Npz read_npz(const std::string& path, const std::vector<std::string>& leave = {});

// Writes the file atomically, without compression; the same content gives the same bytes. Tensors may be on any device and
// of any layout.
void write_npz(const std::string& path, const Npz& file);

}  // namespace sr3
