// The command line of a training, which its state keeps, so that the run that resumes it need not repeat it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sr3 {

class JsonObject;
class Options;

struct TrainingCommand {
  std::map<std::string, std::string> given;  // options of this run and their values, "" of a flag
  std::map<std::string, std::string> taken;  // options of the runs before it that this one does not give
  std::vector<std::string> data;             // the operands that are images
  std::string folder;                        // in which relative paths among them begin

  // Completes a command by that of the run before it: sets the options that are not given through Option::set, and
  // marks them as given, and takes the data if there are none.
  void take(const TrainingCommand& former, Options& options);
  // The same when a training goes on: Error if the data that it takes are no longer where they were.
  void go_on(const TrainingCommand& former, Options& options);
  // The same for a part of the options, which are those of `options`; those given are set again.
  void set_in(Options& options) const;
};

// The command line that was read into `options`. What concerns a single run is left out, such as --time-limit.
TrainingCommand command_of(const Options& options, const std::vector<std::string>& data);

// For the state.
std::string command_json(const TrainingCommand& command);
TrainingCommand parse_command(const JsonObject& json);

// The command with which the training of the stage `output`, "NAME.json", was last run, or of its latest student
// ("NAME.8.json") if it is distilled and has not reached the last one. Nothing without a state, or with one of an older
// version. DataError if it is damaged.
std::optional<TrainingCommand> former_command(const std::string& output);

}  // namespace sr3
