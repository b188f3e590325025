#include "stream/join.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/log.h"

using namespace sr3;

namespace {

struct Folder : samples::Folder {
  // A one-pixel image of this grey.
  void add(const std::string& name, char grey) const { put(name, "P6\n1 1\n255\n" + std::string(3, grey)); }
};

ReaderOptions quiet(bool keep_going = false) {
  ReaderOptions options;
  options.keep_going = keep_going;
  options.threads = 1;
  return options;
}

}  // namespace

TEST_CASE("inputs are joined by key, also in subfolders") {
  Folder folder;
  for (const char* name : {"a/1.ppm", "a/x/2.ppm", "b/1.pnm", "b/x/2.ppm", "c/1.ppm", "c/x/2.ppm"})
    folder.add(name, name[0]);
  Join join({folder / "a", folder / "b", folder / "c"}, quiet());
  CHECK(join.expected() == 2);
  for (const char* key : {"1", "x/2"}) {
    const auto frames = join.next();
    REQUIRE(frames);
    REQUIRE(frames->size() == 3);
    for (int i = 0; i < 3; ++i) {
      CHECK((*frames)[i].key == key);
      CHECK((*frames)[i].image.u8[0] == 'a' + i);
    }
  }
  CHECK_FALSE(join.next());
  CHECK(join.status() == kDone);
}

TEST_CASE("two single images are joined whatever their names; one and two are not") {
  Folder folder;
  folder.add("one.ppm", 1), folder.add("two.ppm", 2), folder.add("many/x.ppm", 3), folder.add("many/y.ppm", 4);
  Join join({folder / "one.ppm", folder / "two.ppm"}, quiet());
  const auto frames = join.next();
  REQUIRE(frames);
  CHECK((*frames)[1].image.u8[0] == 2);
  CHECK_FALSE(join.next());
  CHECK_THROWS_AS(Join({folder / "one.ppm", folder / "many"}, quiet()), DataError);
}

TEST_CASE("an image without a counterpart is skipped, or an error that states what is missing where") {
  Folder folder;
  for (const char* name : {"a/1.ppm", "a/2.ppm", "a/3.ppm", "b/1.ppm", "b/3.ppm"}) folder.add(name, name[0]);
  // It is known before the first image is read.
  const std::string text = "cannot pair '" + (folder / "a/2.ppm") + "': no image '2' in '" + (folder / "b") + "'";
  CHECK_THROWS_WITH_AS(Join({folder / "a", folder / "b"}, quiet()), text.c_str(), DataError);
  const int verbosity = log_state().verbosity;
  log_state().verbosity = 0;
  Join lenient({folder / "a", folder / "b"}, quiet(true));
  CHECK(lenient.next());
  CHECK((*lenient.next())[0].key == "3");
  CHECK_FALSE(lenient.next());
  CHECK(lenient.status() == kSkipped);
  log_state().verbosity = verbosity;
}

TEST_CASE("shards divide the first input, and have the counterparts of its images") {
  Folder folder;
  for (const char* name : {"a/1.ppm", "a/2.ppm", "a/3.ppm", "a/4.ppm", "b/2.ppm", "b/3.ppm", "b/4.ppm"})
    folder.add(name, name[0]);
  const int verbosity = log_state().verbosity;
  log_state().verbosity = 0;
  using Keys = std::vector<std::string>;
  for (const auto& [shard, keys] : {std::pair("1/2", Keys{"3"}), std::pair("2/2", Keys{"2", "4"})}) {
    ReaderOptions options = quiet(true);
    options.shard = shard;
    Join join({folder / "a", folder / "b"}, options);
    CHECK(join.expected() == 2);
    std::vector<std::string> found;
    while (const auto frames = join.next()) {
      CHECK((*frames)[0].key == (*frames)[1].key);
      found.push_back((*frames)[0].key);
    }
    CHECK(found == keys);
    CHECK(join.status() == kSkipped);
  }
  log_state().verbosity = verbosity;
  // With single images, the second shard is empty.
  for (const auto& [shard, has] : {std::pair("1/2", true), std::pair("2/2", false)}) {
    ReaderOptions options = quiet();
    options.shard = shard;
    Join join({folder / "a/1.ppm", folder / "b/2.ppm"}, options);
    CHECK(join.next().has_value() == has);
    CHECK_FALSE(join.next());
    CHECK(join.joined() == 1);
  }
}

TEST_CASE("standard input can be only one of the inputs") {
  CHECK_THROWS_WITH_AS(Join({"-", "-"}, quiet()), "only one input can be standard input, '-'", UsageError);
}
