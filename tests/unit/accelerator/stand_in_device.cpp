// The stand-in notices what it is there to notice.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>

#include "accelerator/stand_in.h"
#include "tensor/aten.h"

using namespace sr3;
using stand_in::kDevice;
using stand_in::traffic;

TEST_CASE("stand-in: the CPU cannot touch the device's memory") {
  const at::Tensor x = at::ones({4}).to(kDevice);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGSEGV, SIG_DFL);
    _exit(static_cast<int>(*static_cast<const volatile float*>(x.data_ptr())));
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGSEGV);
}

TEST_CASE("stand-in: operators take tensors of one device, and single numbers of the CPU") {
  const at::Tensor x = at::ones({4}).to(kDevice);
  CHECK_THROWS(x + at::ones({4}));
  CHECK_THROWS(at::cat({x, at::ones({4})}));
  CHECK_THROWS(x.index_select(0, at::tensor({1}, at::kLong)));
  CHECK_THROWS(at::conv2d(x.view({1, 1, 2, 2}), at::ones({1, 1, 1, 1})));
  CHECK((x + at::scalar_tensor(2)).sum().item<float>() == 12);
  CHECK((x * 3).sum().item<float>() == 12);
}

TEST_CASE("stand-in: copies and waits are counted, and nothing else is") {
  const auto before = traffic();
  const at::Tensor x = at::arange(6, at::kFloat).view({2, 3}).to(kDevice);
  CHECK((traffic() - before).uploads == 1);
  const auto uploaded = traffic();
  const at::Tensor y = at::cat({x, x.flip(0)}).transpose(0, 1).contiguous().exp().mul_(2).sum(0, true);
  auto of = traffic() - uploaded;
  CHECK(of.uploads + of.downloads + of.waits == 0);
  CHECK(of.operators > 4);
  const auto computed = traffic();
  const at::Tensor here = y.to(at::kCPU);
  CHECK(y[0][0].item<float>() == here[0][0].item<float>());
  of = traffic() - computed;
  CHECK(of.downloads == 2);
  CHECK(of.waits == 2);
  const auto copied = traffic();
  CHECK(at::equal(y, y));
  CHECK(x.masked_select(x > 2).size(0) == 3);
  CHECK((traffic() - copied).waits == 2);
  const double first = 2 * (1 + std::exp(1) + std::exp(2)), second = 2 * (std::exp(3) + std::exp(4) + std::exp(5));
  CHECK(at::allclose(here, at::tensor({first, second, second, first}, at::kFloat).view({1, 4})));
}

TEST_CASE("stand-in: its memory has a limit, and is given back") {
  const int64_t before = stand_in::used_memory();
  stand_in::limit_memory(before + 4000);
  at::Tensor x = at::zeros({500}).to(kDevice);
  CHECK_THROWS_AS(at::zeros({600}).to(kDevice), c10::OutOfMemoryError);
  CHECK(stand_in::used_memory() == before + 2000);
  x = at::Tensor();
  CHECK(at::zeros({600}).to(kDevice).numel() == 600);
  stand_in::limit_memory(0);
  CHECK(stand_in::used_memory() == before);
}
