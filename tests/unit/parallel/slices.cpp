#include "parallel/slices.h"

#include <doctest/doctest.h>

#include "tensor/aten.h"

using namespace sr3;

TEST_CASE("slices cover every number once, in order, and differ by one at most") {
  const std::vector<at::Tensor> tensors = {at::zeros({3, 5}), at::zeros({}), at::zeros({0, 2}), at::zeros({2, 1, 4})};
  constexpr int64_t kAll = 15 + 1 + 0 + 8;
  for (const int64_t processes : {1, 2, 4, 8, 16, 32}) {
    const Slices slices(tensors, processes);
    int64_t at = 0;
    for (int64_t process = 0; process < processes; ++process) {
      const Span own = slices.of(process, process + 1);
      CHECK(own.begin == at);
      CHECK(own.size() >= kAll / processes);
      CHECK(own.size() <= kAll / processes + 1);
      at = own.end;
    }
    CHECK(at == kAll);
    CHECK(slices.of(0, processes).size() == kAll);
    for (size_t i = 0; i < tensors.size(); ++i) {
      int64_t next = 0;
      for (int64_t process = 0; process < processes; ++process) {
        const Span part = slices.of_tensor(process, i);
        if (part.size() == 0) continue;
        CHECK(part.begin == next);
        next = part.end;
      }
      CHECK(next == tensors[i].numel());
    }
  }
}

TEST_CASE("numbers of the row are those of the tensors in memory order") {
  const at::Tensor last = at::arange(24, at::kFloat).view({1, 2, 3, 4}).contiguous(at::MemoryFormat::ChannelsLast);
  const std::vector<at::Tensor> tensors = {at::arange(5, at::kFloat) - 5, last};
  const Slices slices(tensors, 2);
  const at::Tensor all = slices.get({0, 29});
  CHECK(at::equal(all.narrow(0, 0, 5), tensors[0]));
  CHECK(at::equal(all.narrow(0, 5, 24), last.permute({0, 2, 3, 1}).reshape({24})));
  CHECK(at::equal(slices.get({3, 9}), all.narrow(0, 3, 6)));
  slices.set({3, 7}, at::full({4}, 100.0f));
  CHECK(tensors[0][2].item<float>() == -3);
  CHECK(tensors[0][3].item<float>() == 100);
  CHECK(last[0][0][0][0].item<float>() == 100);
  CHECK(last[0][1][0][0].item<float>() == 100);  // the next channel comes next in memory
  CHECK(last[0][0][0][1].item<float>() == 1);
}
