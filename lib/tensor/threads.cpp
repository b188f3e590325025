#include <ATen/Parallel.h>

#include <cstring>

#include "base/cores.h"
#include "tensor/device.h"

namespace sr3 {

namespace {

// A waiting thread of libgomp spins for milliseconds before it sleeps. Where another program wants the cores, as in a pipe or a
// job array, it spins while that could work: two threads then take six times as long as one. libgomp reads its variable when it
// is loaded, before main(); a function of .preinit_array runs before the constructors of all libraries, but when the environment
// has its final size. So the variable takes the place of one that no program here uses and shells set for every command; without
// such a one, or where the user has chosen, nothing changes.
#if defined(__linux__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
void limit_spinning(int, char**, char** environment) {
  static char limit[] = "GOMP_SPINCOUNT=2000";
  const auto is = [](const char* variable, const char* name) {
    return std::strncmp(variable, name, std::strlen(name)) == 0;
  };
  char** unused = nullptr;
  for (char** variable = environment; *variable != nullptr; ++variable) {
    if (is(*variable, "GOMP_SPINCOUNT=") || is(*variable, "OMP_WAIT_POLICY=")) return;
    if (is(*variable, "_=") || is(*variable, "OLDPWD=") || is(*variable, "SHLVL=")) unused = variable;
  }
  if (unused != nullptr) *unused = limit;
}

__attribute__((section(".preinit_array"), used)) void (*const kLimitSpinning)(int, char**, char**) = limit_spinning;
#endif

}  // namespace

void use_threads(int64_t threads) {
  if (threads == 0) threads = usable_cores();
  at::set_num_threads(static_cast<int>(threads));
}

}  // namespace sr3
