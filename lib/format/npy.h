// The header of NumPy's .npy format (and of the members of an .npz file): a magic string, a version, a length, and a
// Python literal with the type, order and shape of the array.
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
  std::string descr;  // NumPy's name of the type: "<f4", "|S12"
  std::vector<int64_t> shape;
  bool fortran_order = false;
};

// Parses the literal. `where` names the array in messages. DataError if it is not as NumPy writes it.
NpyHeader parse_npy_header(std::string_view literal, const std::string& where);
// The complete header of a row-major array, padded to a multiple of 64 bytes, as NumPy's are.
std::string npy_preamble(const std::string& descr, at::IntArrayRef shape);

// The scalar type of a NumPy type; nothing if arrays of that type are not supported. And the reverse; null for a type
// that NumPy lacks.
std::optional<at::ScalarType> npy_type(const std::string& descr);
const char* npy_descr(at::ScalarType type);
// Bytes of one element; 0 if the type does not determine them (a pickled object).
uint64_t npy_width(const std::string& descr);

}  // namespace sr3
