// Joins several inputs by key, for programs that compare images: for each key, the images of all inputs.
// The inputs are read in lockstep, so inputs in the same order need memory for one image each.
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
  // Every operand is an input. UsageError when two of them are standard input. Unless keep_going is set, DataError for an
  // image without a partner, "cannot pair 'a/x.png': no image 'x' in 'b/'", if all inputs are files and folders of images.
  // A shard selects images of the first input; their partners may be anywhere in the others.
  Join(const std::vector<std::string>& operands, const ReaderOptions& options);

  // The images of the next key that all inputs have, in the order of the operands; nothing at the end. Keys are returned
  // as they become complete: if the inputs differ in order, sort by the first image's index. Inputs that hold a single
  // image each are joined whatever their keys are. Throws DataError when a key occurs twice in one input, and at the end
  // when an image of an archive or a stream has no partner, as the constructor does; with keep_going, an image without a
  // partner is skipped with a warning.
  std::optional<std::vector<Frame>> next();
  // The number of images of the first input, in its shard, if it is known.
  std::optional<int64_t> expected() const;
  // The number of keys joined so far, including those of other shards.
  int64_t joined() const { return joined_; }
  // kDone, or kSkipped when images were skipped.
  int status() const;

 private:
  std::optional<std::vector<Frame>> take(const std::string& key);
  void refuse_left_over() const;  // before anything is read, if the keys of all inputs are known
  void report_left_over();

  std::vector<std::string> operands_;
  bool keep_going_;
  Shard shard_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::vector<bool> ended_;
  std::vector<std::map<std::string, Frame>> waiting_;  // images whose key is not complete yet
  std::vector<std::set<std::string>> seen_;            // all keys of each input
  std::deque<std::vector<Frame>> ready_;
  std::set<std::string> elsewhere_;  // keys of other shards' images
  int64_t first_ = 0;                // images read from the first input
  int64_t joined_ = 0, skipped_ = 0;
};

}  // namespace sr3
