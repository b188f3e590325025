// degrade-recipe(5) and the reader of recipes have the same keys in the same order.
#include <doctest/doctest.h>

#include <sstream>

#include "base/file.h"
#include "base/options.h"
#include "degrade/random_recipe.h"

using namespace sr3;

TEST_CASE("the page has exactly the keys of each operation") {
  std::istringstream page(read_text(directory_of(__FILE__) + "../../../man/degrade-recipe.5"));
  std::string heading;
  std::vector<std::string> shown, group;
  const auto end_group = [&] {  // keys that several operations share
    const auto operations = split_list(heading);
    for (const std::string& operation : operations)
      for (const std::string& key : group)
        shown.push_back(heading == "Every operation" ? key
                                                     : operation.substr(operation.find_first_not_of(' ')) + "." + key);
    group.clear();
  };
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with(".Ss ") || line.starts_with(".Sh ")) {
      end_group();
      heading = line.substr(4);
    }
    if (line.starts_with(".It Va ")) group.push_back(line.substr(7, line.find(" Pq ") - 7));
  }
  const std::vector<std::string> known = recipe_keys();
  REQUIRE(shown.size() == known.size());
  for (size_t i = 0; i < known.size(); ++i) CHECK(shown[i] == known[i]);
}
