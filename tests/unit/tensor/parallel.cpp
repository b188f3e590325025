// Whether this build's at::parallel_for runs on several threads: it is inline OpenMP in libtorch's headers, so that a build
// without -fopenmp, or one that loads a second OpenMP runtime, would silently run our kernels on one thread.
#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

TEST_CASE("at::parallel_for runs its chunks at the same time") {
  const int before = at::get_num_threads();
  at::set_num_threads(2);
  std::atomic<int> arrived{0};
  std::atomic<bool> met{false};
  at::parallel_for(0, 2, 1, [&](int64_t begin, int64_t end) {
    ++arrived;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (arrived < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    if (arrived == 2) met = true;
  });
  CHECK(met);
  at::set_num_threads(before);
}
