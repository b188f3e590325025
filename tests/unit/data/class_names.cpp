#include "data/class_names.h"

#include <doctest/doctest.h>

#include <set>

#include "base/error.h"

using namespace sr3;

namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("class names: folders of --by-class are different, and each denotes its class again") {
  const Names sets[] = {{"a b", "a:b", "a_b-1"},           {"a b", "a:b", "a_b"}, {"a_b-0", "a b", "a:b"},
                        {"a b", "a_b", "a_b-0", "a:b"},    {"", "_", "-0"},       {"cat", "dog"},
                        {"a_b-1", "a b", "a_b-1-1", "a:b"}};
  for (const Names& classes : sets) {
    const Names folders = class_folder_names(classes);
    CAPTURE(folders);
    CHECK(std::set<std::string>(folders.begin(), folders.end()).size() == classes.size());
    for (size_t i = 0; i < classes.size(); ++i) {
      CHECK(!folders[i].empty());
      CHECK(class_called(folders[i], classes) == classes[i]);
    }
  }
  // A name that a folder can have stays as it is, whatever the others are.
  CHECK(class_folder_names({"a b", "a_b", "dark red"}) == Names{"a_b-0", "a_b", "dark_red"});
  CHECK(class_called("other", {"a b"}) == "other");
}

TEST_CASE("class names: the parts of a data set are no classes, also beside other folders") {
  const auto refused = [](const Names& names) { CHECK_THROWS_AS(require_classes(names, "--new", "x"), UsageError); };
  refused({"train", "val"});
  refused({"docs", "train", "val"});
  refused({"figures", "test", "train", "Valid"});
  refused({"train2017", "val2017"});
  refused({"cats"});
  CHECK_NOTHROW(require_classes({"cats", "dogs"}, "--new", "x"));
  CHECK_NOTHROW(require_classes({"bus", "tram", "train"}, "--new", "x"));
  CHECK_NOTHROW(require_classes({"electric train", "steam train"}, "--new", "x"));
}
