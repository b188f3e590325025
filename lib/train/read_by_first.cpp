#include "train/read_by_first.h"

#include "base/error.h"
#include "format/json.h"

namespace sr3 {

std::optional<TrainingCommand> command_of_first(ProcessGroup& group,
                                                const std::function<std::optional<TrainingCommand>()>& read) {
  if (group.size() == 1) return read();
  const std::string text = group.of_first([&] {
    const auto command = read();
    return command ? command_json(*command) : "";
  });
  if (text.empty()) return std::nullopt;
  return parse_command(JsonObject::parse(text, "process 0", /*max_depth=*/10));
}

std::optional<StageManifest> manifest_of_first(ProcessGroup& group,
                                               const std::function<std::optional<StageManifest>()>& read) {
  if (group.size() == 1) return read();
  const std::string text = group.of_first([&] {
    const auto manifest = read();
    return manifest ? manifest_text(*manifest) : "";
  });
  if (text.empty()) return std::nullopt;
  return parse_manifest(text, "process 0");
}

void require_one_process(const ProcessGroup& group, const std::string& what) {
  if (group.size() > 1)
    throw UsageError(
        cat(what, " works in one process, but ", group.size(), " were started: start it without a launcher"));
}

const std::vector<std::string>& options_of_a_process() {
  static const std::vector<std::string> kNames = {"time-limit", "timeout", "device", "cache"};
  return kNames;
}

}  // namespace sr3
