// The manual pages of the manifests and the bindings have the same keys, types and ranges in the same order.
#include <doctest/doctest.h>

#include <sstream>

#include "base/file.h"
#include "stage/binder.h"
#include "stage/cascade_manifest.h"

using namespace sr3;

namespace {

void same_keys(const std::string& name, const Declaration& bind) {
  CAPTURE(name);
  const std::string root = directory_of(__FILE__) + "../../../";
  std::istringstream page(read_text(root + "man/" + name));
  std::vector<std::string> shown, bound;
  for (std::string line; std::getline(page, line);)
    if (line.starts_with(".It Va ")) shown.push_back(line.substr(7));
  for (const KeyDescription& key : describe_keys(bind))
    bound.push_back(key.name + " Pq " + key.type + (key.range.empty() ? "" : ", " + key.range));
  REQUIRE(shown.size() == bound.size());
  for (size_t i = 0; i < bound.size(); ++i) CHECK(shown[i] == bound[i]);
}

}  // namespace

TEST_CASE("each page has exactly the keys of the binding, with their types and ranges") {
  StageManifest stage;
  CascadeManifest cascade;
  same_keys("stage-manifest.5", declaration_of(stage));
  same_keys("cascade-manifest.5", declaration_of(cascade));
}
