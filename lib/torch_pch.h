// Precompiled for the tensor side: compiled once, it saves every file the parsing of libtorch's headers.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tensor/aten.h"
