#include "stream/join.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "stream/operands.h"

namespace sr3 {

namespace {

DataError unpaired(const std::string& origin, const std::string& key, const std::string& where) {
  return DataError(cat("cannot pair '", origin, "': no image '", key, "' in '", where, "'"));
}

}  // namespace

Join::Join(const std::vector<std::string>& operands, const ReaderOptions& options)
    : operands_(operands),
      keep_going_(options.keep_going),
      shard_(options.shard),
      ended_(operands.size()),
      waiting_(operands.size()),
      seen_(operands.size()) {
  if (std::count(operands.begin(), operands.end(), "-") > 1)
    throw UsageError("only one input can be standard input, '-'");
  // Every input is read in full, because an image's position in one input does not determine its partner's in another.
  ReaderOptions whole = options;
  whole.shard.clear();
  for (const std::string& operand : operands)
    readers_.push_back(std::make_unique<Reader>(std::vector<std::string>{operand}, whole));
  if (!keep_going_) refuse_left_over();
}

void Join::refuse_left_over() const {
  std::vector<std::map<std::string, std::string>> paths;  // of each input, by key
  bool single = true;
  for (const std::string& operand : operands_) {
    std::map<std::string, std::string> input;
    for (const Part& part : known_parts({operand})) {
      if (part.kind != Part::kImage) return;
      input.emplace(part.key, part.path);
    }
    if (input.empty()) return;
    single = single && input.size() == 1;
    paths.push_back(std::move(input));
  }
  for (size_t i = 0; i < paths.size() && !single; ++i)
    for (const auto& [key, path] : paths[i])
      for (size_t j = 0; j < paths.size(); ++j)
        if (!paths[j].contains(key)) throw unpaired(path, key, operands_[j]);
}

std::optional<std::vector<Frame>> Join::next() {
  while (ready_.empty()) {
    bool moved = false;
    for (size_t i = 0; i < readers_.size(); ++i) {
      if (ended_[i]) continue;
      auto frame = readers_[i]->next();
      if (!frame) {
        ended_[i] = true;
        continue;
      }
      moved = true;
      const std::string key = frame->key;
      if (!seen_[i].insert(key).second)
        throw DataError(cat("cannot pair '", frame->origin, "': a second image '", key, "' in '", operands_[i], "'"));
      if (i == 0 && !shard_.has(first_++)) elsewhere_.insert(key);
      waiting_[i].emplace(key, std::move(*frame));
      if (auto all = take(key)) ready_.push_back(std::move(*all));
    }
    if (!moved) break;
  }
  if (ready_.empty()) {
    // One image each: two files that are compared need not have the same name.
    const auto single = [](const auto& reader) { return reader->total() == 1 && reader->skipped() == 0; };
    if (joined_ == 0 && std::all_of(waiting_.begin(), waiting_.end(), [](const auto& w) { return w.size() == 1; }) &&
        std::all_of(readers_.begin(), readers_.end(), single)) {
      std::vector<Frame> all;
      for (auto& input : waiting_) all.push_back(std::move(input.begin()->second)), input.clear();
      ++joined_;
      if (elsewhere_.empty()) return all;
      return std::nullopt;
    }
    report_left_over();
    return std::nullopt;
  }
  auto all = std::move(ready_.front());
  ready_.pop_front();
  return all;
}

std::optional<std::vector<Frame>> Join::take(const std::string& key) {
  for (const auto& input : waiting_)
    if (!input.count(key)) return std::nullopt;
  std::vector<Frame> all;
  for (auto& input : waiting_) {
    const auto at = input.find(key);
    all.push_back(std::move(at->second));
    input.erase(at);
  }
  ++joined_;
  if (elsewhere_.contains(key)) return std::nullopt;
  return all;
}

void Join::report_left_over() {
  for (size_t i = 0; i < waiting_.size(); ++i)
    for (const auto& [key, frame] : waiting_[i]) {
      std::string where;
      for (size_t j = 0; j < waiting_.size() && where.empty(); ++j)
        if (!seen_[j].count(key)) where = operands_[j];
      const DataError error = unpaired(frame.origin, key, where);
      if (!keep_going_) throw error;
      warn(error.what());
      ++skipped_;
    }
  waiting_.assign(waiting_.size(), {});
}

std::optional<int64_t> Join::expected() const {
  const auto all = readers_.front()->expected();
  return all ? std::optional(shard_.of(*all)) : std::nullopt;
}

int Join::status() const {
  for (const auto& reader : readers_)
    if (reader->status() != kDone) return kSkipped;
  return skipped_ > 0 ? kSkipped : kDone;
}

}  // namespace sr3
