#include "train/command.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/options.h"
#include "format/json.h"
#include "stage/stage_files.h"

namespace sr3 {

namespace {

namespace fs = std::filesystem;

// Options of a single run. --init-from is one, as a training that resumes has its own weights.
bool of_one_run(const Option& option) {
  static const std::set<std::string> kNames = {"output", "stage",     "time-limit", "restart",
                                               "resume", "init-from", "timeout"};
  return option.group == groups::kCommon || kNames.contains(option.name);
}

// Of these two determine the others: a new one takes the place of all former ones.
const std::set<std::string> kSides = {"scale", "low-res", "high-res", "crop"};

// Options whose values are paths, or @ and a path.
const std::set<std::string> kPaths = {"validate", "features", "low-res-data"};

std::string joined_path(const std::string& folder, const std::string& operand) {
  const bool list = operand.size() > 1 && operand[0] == '@';
  const std::string path = list ? operand.substr(1) : operand;
  return path.starts_with('/') ? operand : cat(list ? "@" : "", folder, "/", path);
}

// The state of a stage, or where a crash left it (stage/checkpoint.h); "" if there is none.
std::string state_of(const StagePaths& paths) {
  for (const char* suffix : {"", ".new", ".old"})
    if (fs::exists(cat(paths.state, suffix, "/index.json"))) return paths.state + suffix;
  return "";
}

// The students of a distillation before the last one: "dir/NAME.8.json" of "dir/NAME.json", the latest first.
std::vector<std::string> students_before(const std::string& output) {
  const std::string folder = directory_of(output), begin = stem_of(output) + ".", end = ".state";
  std::vector<int64_t> steps;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, none)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(begin) || !name.ends_with(end) || name.size() <= begin.size() + end.size()) continue;
    const std::string number = name.substr(begin.size(), name.size() - begin.size() - end.size());
    if (number.size() < 6 && number.find_first_not_of("0123456789") == std::string::npos)
      steps.push_back(parse_int(number));
  }
  std::sort(steps.begin(), steps.end());
  std::vector<std::string> paths;
  paths.reserve(steps.size());
  for (const int64_t n : steps) paths.push_back(cat(folder, begin, n, ".json"));
  return paths;
}

}  // namespace

void TrainingCommand::take(const TrainingCommand& former, Options& options) {
  const bool sides = std::any_of(kSides.begin(), kSides.end(), [&](const auto& name) { return given.contains(name); });
  auto before = former.taken;
  for (const auto& [name, value] : former.given) before[name] = value;
  for (const auto& [name, value] : before) {
    const Option* option = options.find(name);
    if (!option || given.contains(name) || (sides && kSides.contains(name))) continue;
    const std::string here =
        kPaths.contains(name) && folder != former.folder ? joined_path(former.folder, value) : value;
    option->set(here);
    options.mark_given(name, here);
    taken[name] = here;
  }
  if (!data.empty()) return;
  data = former.data;
  if (folder != former.folder)
    for (std::string& operand : data) operand = joined_path(former.folder, operand);
}

void TrainingCommand::go_on(const TrainingCommand& former, Options& options) {
  const bool takes_data = data.empty();
  take(former, options);
  if (!takes_data) return;
  for (const std::string& operand : data)
    if (operand != "-" && !operand.starts_with('@') && !std::filesystem::exists(operand))
      throw Error(
          cat("cannot open '", operand, "', the images of the training that goes on: name them where they are now"));
}

void TrainingCommand::set_in(Options& options) const {
  for (const auto& list : {taken, given})
    for (const auto& [name, value] : list)
      if (const Option* option = options.find(name)) option->set(value);
}

TrainingCommand command_of(const Options& options, const std::vector<std::string>& data) {
  TrainingCommand command;
  for (const Option& option : options.all())
    if (option.given && !of_one_run(option)) command.given[option.name] = option.value;
  command.data = data;
  std::error_code none;
  command.folder = fs::current_path(none).string();
  return command;
}

std::string command_json(const TrainingCommand& command) {
  std::map<std::string, std::string> all = command.taken;
  for (const auto& [name, value] : command.given) all[name] = value;
  const nlohmann::json json = {{"options", all}, {"data", command.data}, {"folder", command.folder}};
  return json.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

TrainingCommand parse_command(const JsonObject& json) {
  TrainingCommand command;
  const auto options = json.get<JsonObject>("options");
  for (const std::string& name : options.keys()) command.given[name] = options.get<std::string>(name);
  command.data = json.get<std::vector<std::string>>("data");
  command.folder = json.get<std::string>("folder");
  return command;
}

std::optional<TrainingCommand> former_command(const std::string& output) {
  std::vector<std::string> stages = students_before(output);
  stages.insert(stages.begin(), output);
  for (const std::string& stage : stages) {
    const std::string state = state_of(stage_paths(stage));
    if (state.empty()) continue;
    const std::string path = state + "/progress.json";
    const JsonObject progress = JsonObject::parse(read_text(path), path, kManifestDepth + 2, "use");
    if (!progress.is_object("command")) return std::nullopt;
    return parse_command(progress.get<JsonObject>("command"));
  }
  return std::nullopt;
}

}  // namespace sr3
