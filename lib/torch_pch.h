// Precompiled for the tensor side: compiling it once (20 s) leaves 2 to 3 s a file. torch/torch.h stays out.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
