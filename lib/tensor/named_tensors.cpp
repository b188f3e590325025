#include "tensor/named_tensors.h"

#include "base/error.h"

namespace sr3 {

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) text += cat(i ? "," : "", shape[i]);
  return text + ")";
}

}  // namespace sr3
