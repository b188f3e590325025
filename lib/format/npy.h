// What stands before the data in NumPy's .npy (and in the members of an .npz): a magic word, a version, a length, and a
// Python literal that tells type, order and shape.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sr3 {

constexpr std::string_view kNpyMagic = "\x93NUMPY";

struct NpyHeader {
  std::string descr;  // numpy's type: "<f4", "|S12"
  std::vector<int64_t> shape;
  bool fortran_order = false;
};

// The literal alone. `where` names the array in messages. DataError when it is not as numpy writes it.
NpyHeader parse_npy_header(std::string_view literal, const std::string& where);
// All that stands before the data, row-major, which begin at a multiple of 64 bytes, as numpy's do.
std::string npy_preamble(const std::string& descr, at::IntArrayRef shape);

// Of a number that can be read; nothing for other types. And back; null for a type that NumPy lacks.
std::optional<at::ScalarType> npy_type(const std::string& descr);
const char* npy_descr(at::ScalarType type);
// Bytes of one element; 0: not told by the type (a pickled object).
uint64_t npy_width(const std::string& descr);

}  // namespace sr3
