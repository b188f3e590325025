// The random recipes that have names, and the search for one by name or file.
#pragma once

#include <string>
#include <vector>

namespace sr3 {

struct NamedRecipe {
  std::string name, text;  // text: a description of one line
  std::string operations;  // JSON
};

// In the order in which they are listed: bicubic, sr3-plus, real-esrgan.
const std::vector<NamedRecipe>& named_recipes();

// The recipe's JSON, checked and in its canonical form: of a name, else of a file. UsageError for neither; DataError for a file
// that is no recipe.
std::string recipe_text(const std::string& name_or_file);

// A table of names and descriptions, with a heading.
std::string recipe_list();

}  // namespace sr3
