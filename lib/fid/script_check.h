// Whether a TorchScript program is no more than a feature network. TorchScript has operators that write and map files, print and
// start threads, and a file from elsewhere may call them in any method, also in code that runs while the file is read.
#pragma once

#include <string>

namespace torch::jit {
struct Module;
}

namespace sr3 {

// Checks the file before libtorch reads it. DataError if its source has code that would run then: a method __setstate__, or
// default values of arguments and attributes that are not constants. Throws what libtorch throws if it is not a TorchScript file.
void check_script_source(const std::string& path);

// Checks the loaded program: all functions and methods that it consists of may use only the operators of tensors, numbers, lists
// and control flow in script_operators.cpp. DataError that names the first other operator and its function.
void check_script_operators(const torch::jit::Module& module, const std::string& path);

// For the above: whether the operator "aten::conv2d" is among those. In-place variants ("relu_") are, if the operator is.
bool is_tensor_operator(const std::string& name);

}  // namespace sr3
