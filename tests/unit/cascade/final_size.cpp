#include "cascade/final_size.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/options.h"

using namespace sr3;

namespace {

FinalSize given(const char* option, const char* value) {
  FinalSize size;
  Options options;
  size.declare(options);
  options.find(option)->set(value);
  return size;
}

using Size = std::pair<int64_t, int64_t>;

}  // namespace

TEST_CASE("a final size: both sides, one by the aspect, or a factor") {
  CHECK(given("size", "640x480").of(3, 2) == Size{640, 480});
  CHECK(given("size", "800x").of(300, 200) == Size{800, 533});    // 533.33
  CHECK(given("size", "x600").of(300, 201) == Size{896, 600});    // 895.52
  CHECK(given("size", "10x").of(1000, 1) == Size{10, 1});         // at least a pixel
  CHECK(given("final-scale", "2.5").of(20, 15) == Size{50, 38});  // 37.5 is rounded away from zero
  CHECK(given("final-scale", "0.01").of(20, 15) == Size{1, 1});
  CHECK_FALSE(FinalSize{}.wanted());
  CHECK(given("size", "x1").wanted());
  CHECK(given("final-scale", "1").wanted());
}

TEST_CASE("a final size that cannot be made") {
  for (const char* bad :
       {"", "x", "5", "0x5", "5x0", "-1x", "5x5x5", "5.5x", "axb", "1048577x", "1x 2", "99999999999999999999x"})
    CHECK_THROWS_WITH_AS(given("size", bad), doctest::Contains("is not a size such as 640x480, 640x or x480"),
                         UsageError);
  for (const char* bad : {"0", "-1", "nan", "inf", "257", "2x", ""})
    CHECK_THROWS_AS(given("final-scale", bad), UsageError);
  CHECK_THROWS_WITH_AS(given("size", "1000000x").of(10, 10), doctest::Contains("1000000x1000000 would have more than"),
                       DataError);
  CHECK_THROWS_AS(given("final-scale", "256").of(1000, 1000), DataError);
  FinalSize both = given("size", "5x");
  both.factor = 2;
  CHECK_THROWS_AS(both.validate(), UsageError);
}

TEST_CASE("an image of the final size stays as it is, with the colours of invisible pixels") {
  Image image = make_image(2, 1);
  image.u8 = {1, 2, 3, 4, 5, 6};
  image.alpha = {0, 65535};
  const Image same = at_final_size(image, {2, 1});
  CHECK(same.u8 == image.u8);
  CHECK(same.alpha == image.alpha);
  const Image wide = at_final_size(image, {4, 1});
  CHECK(wide.width == 4);
  CHECK(wide.alpha.size() == 4);
  CHECK(wide.u8[0] == 4);  // the invisible pixel takes the colour of its neighbour
}
