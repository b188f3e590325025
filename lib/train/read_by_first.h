// What the files of a training say, for all of its processes: the first one reads them, and the others get it from there, so that
// only the first one needs the files.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "parallel/process_group.h"
#include "stage/manifest.h"
#include "train/command.h"

namespace sr3 {

// What `read` returns in the first process, where alone it is called. An exception there ends all processes.
std::optional<TrainingCommand> command_of_first(ProcessGroup& group,
                                                const std::function<std::optional<TrainingCommand>()>& read);
std::optional<StageManifest> manifest_of_first(ProcessGroup& group,
                                               const std::function<std::optional<StageManifest>()>& read);

// UsageError if several processes were started for what only one does, or can do: "--distill: ...".
void require_one_process(const ProcessGroup& group, const std::string& what);

// Options that the processes of a training need not have in common.
const std::vector<std::string>& options_of_a_process();

}  // namespace sr3
