#include "fid/array_images.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "format/npz.h"
#include "stream/scratch.h"
#include "tensor/aten.h"

using namespace sr3;

TEST_CASE("images of an array: colour and grey, in shards, others refused") {
  const samples::Folder scratch;
  const std::string path = scratch.path + "x.npz";
  const at::Tensor colour = at::arange(5 * 2 * 3 * 3, at::kInt).to(at::kByte).reshape({5, 2, 3, 3});
  write_npz(path, {{{"labels", at::zeros({5}, at::kLong)}, {"arr_0", colour}}, {}});
  CHECK(ArrayImages::has_images(path));
  ArrayImages some(path, Shard("2/3"), 100);
  CHECK(some.expected() == 2);
  for (int64_t i : {1, 4}) {
    const auto frame = some.next();
    REQUIRE(frame);
    CHECK(frame->index == i);
    CHECK(frame->image.width == 3);
    CHECK(frame->image.height == 2);
    for (int64_t k = 0; k < 18; ++k) CHECK(frame->image.u8[static_cast<size_t>(k)] == i * 18 + k);
  }
  CHECK(!some.next());
  CHECK_THROWS_WITH_AS(ArrayImages(path, Shard(), 5), doctest::Contains("more than the limit"), DataError);

  write_npz(path, {{{"arr_0", colour.narrow(3, 0, 1)}}, {}});
  ArrayImages grey(path, Shard(), 100);
  CHECK(grey.next()->image.u8 == std::vector<uint8_t>{0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9, 9, 12, 12, 12, 15, 15, 15});
  for (const at::Tensor& wrong : {colour.to(at::kFloat), colour.narrow(3, 0, 2), colour[0]}) {
    write_npz(path, {{{"arr_0", wrong}}, {}});
    CHECK_THROWS_WITH_AS(ArrayImages(path, Shard(), 100), doctest::Contains("is not a uint8 array"), DataError);
  }
  write_npz(path, {{{"arr_1", colour}}, {}});
  CHECK(!ArrayImages::has_images(path));
  CHECK_THROWS_AS(ArrayImages(path, Shard(), 100), DataError);
}
