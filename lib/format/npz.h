// NumPy's arrays in a zip (.npz), as numpy.savez and savez_compressed write them: each member NAME.npy is a short
// header, a Python literal, and raw data. Read defensively: nothing is believed of a header that the file's own size
// does not bear out. Types: bool, int8..int64, uint8, float16..float64, little-endian, and byte strings ('S') as text.
// Arrays of other types (pickled objects, unicode) may be in the file, and are told when they are asked for.
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

// The arrays of a file one after the other, data in any pieces: for arrays larger than memory.
class NpzReader {
 public:
  struct Entry : NpyHeader {
    std::string name;                    // without .npy
    std::optional<at::ScalarType> type;  // of a number that can be read
    uint64_t bytes = 0;                  // of the data
  };

  explicit NpzReader(const std::string& path);
  ~NpzReader();
  NpzReader(const NpzReader&) = delete;

  // The next array, what is left of the current one passed over; nothing at the end. Members that are no .npy are
  // passed over. DataError when the container or a header is damaged.
  std::optional<Entry> next();
  // Exactly n further bytes of the current array's data; DataError when there are fewer, or the checksum at its end is
  // wrong.
  void read(void* to, uint64_t n);
  // All of the current array: a number's, row-major, whatever the order in the file; a byte string's without trailing
  // zeros.
  at::Tensor read_array();
  std::string read_text();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Npz {
  NamedTensors arrays;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::string> unread{};  // arrays that were passed over: their names and types

  bool has(const std::string& name) const { return find(name) != nullptr; }
  const at::Tensor* find(const std::string& name) const;
};

// All arrays but those in `leave` (names); those of types that are not read here are passed over too.
Npz read_npz(const std::string& path, const std::vector<std::string>& leave = {});

// Stored, not compressed; whole or not at all; the same content gives the same bytes. Tensors from any device and
// layout.
void write_npz(const std::string& path, const Npz& file);

}  // namespace sr3
