#include "stage/find_manifest.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "base/folder.h"

using namespace sr3;

namespace {

// Runs in a folder, with SR3_CDM_PATH, and restores both.
class Place {
 public:
  Place(const std::string& folder, const std::string& path) : former_(std::filesystem::current_path()) {
    std::filesystem::current_path(folder);
    ::setenv("SR3_CDM_PATH", path.c_str(), 1);
  }
  ~Place() {
    std::filesystem::current_path(former_);
    ::unsetenv("SR3_CDM_PATH");
  }

 private:
  std::filesystem::path former_;
};

}  // namespace

TEST_CASE("a bare name is looked for in the current folder, and then along SR3_CDM_PATH") {
  const samples::Folder folder;
  folder.put("here/a.json", "{}");
  folder.put("first/b.json", "{}");
  folder.put("second/a.json", "{}");
  folder.put("second/b.json", "{}");
  folder.put("second/c.v2.json", "{}");
  const Place place(folder / "here", cat(":", folder / "first", "::", folder / "second", ":"));
  CHECK(find_manifest("a") == "a.json");
  CHECK(find_manifest("a.json") == "a.json");
  CHECK(find_manifest("b") == folder / "first/b.json");
  CHECK(find_manifest("b.json") == folder / "first/b.json");
  CHECK(find_manifest("c.v2") == folder / "second/c.v2.json");
  CHECK(find_manifests({"a", "b"}) == std::vector<std::string>{"a.json", folder / "first/b.json"});
}

TEST_CASE("a path is not looked for elsewhere, and may lack .json") {
  const samples::Folder folder;
  folder.put("x/a.json", "{}");
  const Place place(folder.path, folder.path);
  CHECK(find_manifest("x/a") == "x/a.json");
  CHECK(find_manifest("./a") == "./a");
  CHECK(find_manifest("y/a") == "y/a");
  CHECK(find_manifest("-") == "-");
  CHECK(find_manifest("").empty());
}

TEST_CASE("a folder of the name does not hide the manifest beside it") {
  const samples::Folder folder;
  folder.put("a/1.png", "");
  folder.put("a.json", "{}");
  folder.put("b/1.png", "");
  const Place place(folder.path, "");
  CHECK(find_manifest("a") == "a.json");
  CHECK(find_manifest("b") == "b");  // whoever reads it says that it is a folder
}

TEST_CASE("a name that is nowhere is reported with the folders that were searched") {
  const samples::Folder folder;
  const Place place(folder.path, "/some/where");
  CHECK(find_manifest("missing.json") == "missing.json");
  CHECK_THROWS_WITH_AS(find_manifest("missing"), doctest::Contains("cannot open 'missing': No such file or directory"),
                       Error);
  CHECK_THROWS_WITH_AS(find_manifest("missing"),
                       doctest::Contains("'missing.json' is in the current folder, '/some/where/'"), Error);
}
