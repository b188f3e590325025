// Images that are damaged, too small, replaced or missing.
#include <doctest/doctest.h>

#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "data/image_folder.h"
#include "data/loader.h"

using namespace sr3;
using namespace samples;

TEST_CASE("small images are refused immediately, or skipped") {
  ImageFolder folder;
  folder.write("a.png", noisy(15, 40, 1));
  folder.write("b.png", noisy(40, 40, 2));
  folder.write("c.png", noisy(40, 12, 3));
  CHECK_THROWS_WITH_AS(Loader(from(folder), stage(4, 16)),
                       doctest::Contains("2 images are smaller than the 16x16 crop: '"), Error);
  CHECK_THROWS_WITH_AS(Loader(from(folder), stage(4, 16)), doctest::Contains("a.png' is 15 pixels on its shorter side"),
                       Error);
  DataOptions options = from(folder);
  options.skip_small = true;
  const int verbosity = std::exchange(log_state().verbosity, 0);
  CHECK(Loader(options, stage(4, 16)).images() == 1);
  log_state().verbosity = verbosity;
  CHECK_THROWS_WITH_AS(Loader(options, stage(16, 64)), doctest::Contains("3 images are smaller than the 64x64 crop"),
                       Error);
  options.operands = {folder / "none"};
  CHECK_THROWS_AS(Loader(options, stage(4, 16)), Error);
}

TEST_CASE("a damaged image is an error, with its name, when its example is needed, and the loader can continue") {
  ImageFolder folder;
  for (int i = 0; i < 4; ++i) folder.write("p" + std::to_string(i) + ".png", marked(16, 16, i));
  const std::string whole = read_text(folder / "p2.png");
  write_file(folder / "p2.png", whole.substr(0, whole.size() / 2));
  Loader loader(from(folder), stage(4, 16));
  int damaged = 0;
  for (int64_t e = 0; e < 8; ++e) {
    try {
      loader.next(e, 1);
    } catch (const DataError& error) {
      CHECK(std::string(error.what()).find("p2.png") != std::string::npos);
      ++damaged;
    }
  }
  CHECK(damaged == 2);
  write_file(folder / "p3.png", "not an image");
  CHECK_THROWS_WITH_AS(Loader(from(folder), stage(4, 16)), doctest::Contains("p3.png"), DataError);
}

TEST_CASE(
    "with keep_going a damaged image is replaced by another, independently of batches and the point of resuming") {
  ImageFolder folder;
  for (int i = 0; i < 4; ++i) folder.write("p" + std::to_string(i) + ".png", marked(16, 16, i));
  const std::string whole = read_text(folder / "p2.png");
  write_file(folder / "p2.png", whole.substr(0, whole.size() / 2));
  write_file(folder / "p3.png", "not an image");  // not even its size can be read
  log_state().verbosity = 0;
  DataOptions options = from(folder);
  options.keep_going = true;
  Loader loader(options, stage(4, 16));
  REQUIRE(loader.images() == 4);
  const Batch batch = loader.next(0, 8);
  int zeros = 0;
  for (int64_t n = 0; n < 8; ++n) {
    CHECK(level(batch.high_res, n, 0, 0, 0) < 2);
    zeros += level(batch.high_res, n, 0, 0, 0) == 0;
  }
  CHECK(zeros == 6);  // the next one after 2 and 3 is 0
  CHECK(loader.replaced() == 4);
  Loader later(options, stage(4, 16));
  const Batch rest = later.next(3, 5);
  CHECK(at::equal(rest.high_res, batch.high_res.narrow(0, 3, 5)));
  for (const char* name : {"p0.png", "p1.png"}) write_file(folder / name, "nor this one");
  CHECK_THROWS_WITH_AS(Loader(options, stage(4, 16)).next(0, 1), doctest::Contains("none of them can be read"),
                       DataError);
  log_state().verbosity = 1;
}

TEST_CASE("an image that was replaced by a smaller one, or removed, is an error") {
  ImageFolder folder;
  for (int i = 0; i < 2; ++i) folder.write("p" + std::to_string(i) + ".png", marked(20, 20, i));
  DataOptions options = from(folder);
  Loader loader(options, stage(4, 16));
  folder.write("p0.png", marked(15, 20, 0));
  folder.write("p1.png", marked(15, 20, 1));
  CHECK_THROWS_WITH_AS(loader.next(0, 1), doctest::Contains("smaller than the 16x16 crop (--keep-going"), DataError);
  std::filesystem::remove(folder / "p0.png");
  std::filesystem::remove(folder / "p1.png");
  CHECK_THROWS_WITH_AS(loader.next(4, 1), doctest::Contains("cannot open '"), DataError);
}

TEST_CASE("a digest of the images, and files that are excluded") {
  ImageFolder folder;
  for (int i = 0; i < 3; ++i) folder.write("p" + std::to_string(i) + ".png", marked(16, 16, i));
  const ImagesDigest digest = Loader(from(folder), stage(4, 16)).digest();
  CHECK(digest.names.size() == 64);
  folder.write("x.preview.png", marked(16, 16, 9));
  DataOptions options = from(folder);
  CHECK(Loader(options, stage(4, 16)).digest().names != digest.names);
  options.leave_out = {folder / "x.preview.png", folder / "x.loss.png"};
  CHECK(Loader(options, stage(4, 16)).digest().names == digest.names);
  CHECK(Loader(options, stage(4, 16)).images() == 3);
  folder.write("p1.png", noisy(16, 16, 1));
  CHECK(Loader(options, stage(4, 16)).digest().names == digest.names);
  CHECK(Loader(options, stage(4, 16)).digest().sizes != digest.sizes);
}
