// Several inputs side by side, joined by key: for each key the images of all inputs, as a program that compares them needs.
// Inputs are read in step, so inputs of the same order take no more memory than one image each.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "stream/reader.h"
#include "stream/shard.h"

namespace sr3 {

class Join {
 public:
  // One input an operand. UsageError when two are standard input. A shard is of the first input's images, and of their
  // partners wherever those stand.
  Join(const std::vector<std::string>& operands, const ReaderOptions& options);

  // The images of the next key that all inputs have, in the order of the operands; nothing at the end. Keys come as they
  // become complete: where inputs differ in order, sort by the first image's index. Inputs of a single image each are
  // joined whatever their keys. Throws DataError at a key met twice in one input, and at the end when an image
  // was left over: "cannot pair 'a/x.png': no image 'x' in 'b/'". With keep_going those are skipped with a warning.
  std::optional<std::vector<Frame>> next();
  // Of the first input, when known.
  std::optional<int64_t> expected() const;
  // At the end: how many were joined, those of other shards too.
  int64_t joined() const { return joined_; }
  // kDone, or kSkipped when images were skipped.
  int status() const;

 private:
  std::optional<std::vector<Frame>> take(const std::string& key);
  void report_left_over();

  std::vector<std::string> operands_;
  bool keep_going_;
  Shard shard_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::vector<bool> ended_;
  std::vector<std::map<std::string, Frame>> waiting_;  // images whose key not every input has shown yet
  std::vector<std::set<std::string>> seen_;            // all keys of each input
  std::deque<std::vector<Frame>> ready_;
  std::set<std::string> elsewhere_;  // keys of other shards' images
  int64_t first_ = 0;                // images met in the first input
  int64_t joined_ = 0, skipped_ = 0;
};

}  // namespace sr3
