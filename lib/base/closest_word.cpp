#include "base/closest_word.h"

#include <algorithm>

#include "base/error.h"

namespace sr3 {

namespace {

// The letters to insert, delete, replace or exchange with their neighbour (optimal string alignment).
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace

std::string closest_word(const std::vector<std::string>& words, const std::string& given) {
  if (given.size() < 3) return "";
  constexpr size_t kLongest = 40;  // no word is near one of this length, and the table would take its square
  std::string best, begins;
  size_t fewest = given.size() / 3 + 1;
  int beginning = 0;
  for (const std::string& word : words) {
    if (word.starts_with(given)) begins = word, ++beginning;
    if (given.size() > kLongest) continue;
    const size_t changes = edit_distance(given, word);
    if (changes < fewest) fewest = changes, best = word;
  }
  return beginning == 1 && fewest > 1 ? begins : best;
}

std::string did_you_mean(const std::vector<std::string>& words, const std::string& given) {
  const std::string word = closest_word(words, given);
  return word.empty() ? "" : cat(" (did you mean '", word, "'?)");
}

}  // namespace sr3
