#include "stage/checkpoint.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "tensor/aten.h"

using namespace sr3;
namespace fs = std::filesystem;

namespace {

Checkpoint numbered(float number) {
  Checkpoint checkpoint;
  TensorFile file;
  file.tensors.emplace_back("a", at::full({2, 3}, number));
  checkpoint.tensors.emplace_back("weights.safetensors", file);
  checkpoint.texts.emplace_back("progress.json", std::to_string(static_cast<int>(number)));
  return checkpoint;
}

// The number of the checkpoint that exists; 0: none.
int number_in(const std::string& folder) {
  const auto found = read_checkpoint(folder);
  if (!found) return 0;
  const int number = std::stoi(found->text("progress.json", folder));
  CHECK(at::equal(found->file("weights.safetensors", folder).tensors.at(0).second,
                  at::full({2, 3}, static_cast<float>(number))));
  return number;
}

}  // namespace

TEST_CASE("a checkpoint survives a round trip, and replaces the previous one") {
  const samples::Folder scratch;
  const std::string folder = scratch / "x.state";
  CHECK(number_in(folder) == 0);
  write_checkpoint(folder, numbered(1));
  CHECK(number_in(folder) == 1);
  write_checkpoint(folder, numbered(2));
  CHECK(number_in(folder) == 2);
  CHECK(scratch.entries() == 1);
  CHECK_THROWS_WITH(read_checkpoint(folder)->file("x", "f"), "cannot use 'f': there is no 'x'");
  remove_checkpoint(folder);
  CHECK(scratch.entries() == 0);
}

TEST_CASE("one complete checkpoint is found, whenever the writer was killed") {
  const samples::Folder scratch;
  const std::string folder = scratch / "x.state";
  SUBCASE("while writing the new files") {
    write_checkpoint(folder, numbered(1));
    write_checkpoint(scratch / "other", numbered(2));
    fs::rename(scratch / "other", folder + ".new");
    fs::remove(folder + ".new/index.json");
    CHECK(number_in(folder) == 1);
  }
  SUBCASE("the very first one, unfinished") {
    write_checkpoint(folder + ".new", numbered(1));
    fs::remove(folder + ".new/index.json");
    CHECK(number_in(folder) == 0);
    write_checkpoint(folder, numbered(2));
    CHECK(number_in(folder) == 2);
  }
  SUBCASE("between the two renames") {
    write_checkpoint(folder + ".old", numbered(1));
    write_checkpoint(folder + ".new", numbered(2));
    CHECK(number_in(folder) == 2);
  }
  SUBCASE("before the previous one was removed") {
    write_checkpoint(folder + ".old", numbered(1));
    write_checkpoint(folder, numbered(2));
    CHECK(number_in(folder) == 2);
  }
  CHECK(!fs::exists(folder + ".new"));
  CHECK(!fs::exists(folder + ".old"));
}

TEST_CASE("an index with only sizes, as in older versions") {
  const samples::Folder scratch;
  const std::string folder = scratch / "x.state";
  write_checkpoint(folder, numbered(3));
  write_file(folder + "/index.json", cat("{\"files\":{\"progress.json\":1,\"weights.safetensors\":",
                                         fs::file_size(folder + "/weights.safetensors"), "}}"));
  CHECK(number_in(folder) == 3);
}

TEST_CASE("a damaged checkpoint is refused, with the file's name") {
  const samples::Folder scratch;
  const std::string folder = scratch / "x.state";
  write_checkpoint(folder, numbered(1));
  SUBCASE("a truncated file") {
    fs::resize_file(folder + "/weights.safetensors", 10);
    CHECK_THROWS_WITH_AS(read_checkpoint(folder),
                         doctest::Contains("weights.safetensors': it has 10 bytes, but the index states"), DataError);
  }
  SUBCASE("a changed file of the same size") {
    write_file(folder + "/progress.json", "7");
    CHECK_THROWS_WITH_AS(read_checkpoint(folder), doctest::Contains("progress.json': its digest differs from the one"),
                         DataError);
  }
  SUBCASE("a missing file") {
    fs::remove(folder + "/progress.json");
    CHECK_THROWS_WITH_AS(read_checkpoint(folder), doctest::Contains("progress.json"), DataError);
  }
  SUBCASE("no index") {
    fs::remove(folder + "/index.json");
    CHECK_THROWS_WITH_AS(read_checkpoint(folder), doctest::Contains("index.json"), Error);
  }
  SUBCASE("an invalid index") {
    write_file(folder + "/index.json", "[1]");
    CHECK_THROWS_WITH_AS(read_checkpoint(folder), doctest::Contains("not a JSON object"), DataError);
  }
  SUBCASE("an index that leads out of the folder") {
    write_file(folder + "/index.json", "{\"files\":{\"../x\":1}}");
    CHECK_THROWS_WITH_AS(read_checkpoint(folder), doctest::Contains("bad name"), DataError);
  }
}
