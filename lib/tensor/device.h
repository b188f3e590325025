// Where tensors are computed, by the words of --device and --threads.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace sr3 {

// auto|cpu|cuda|cuda:N; auto is the first GPU where there is one. Error when there is none such here.
at::Device open_device(const std::string& name);
// 0: all cores (libtorch's own default can be 1). Call it before the first tensor operation. UsageError when it is not in
// 0 to 4096.
void use_threads(int64_t threads);

}  // namespace sr3
