#include "train/command.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/options.h"
#include "format/json.h"

using namespace sr3;

namespace {

struct Values {
  std::string scale, batch, output, kernel;
  bool flag = false;
  Options options;
  Values() {
    options.group(groups::kTraining);
    options.add("scale", 0, &scale, "N", "");
    options.add("crop", 0, &scale, "N", "");
    options.add("batch", 0, &batch, "N", "");
    options.add("kernel", 0, &kernel, "K", "");
    options.add("output", 'o', &output, "FILE", "");
    options.add("flag", 0, &flag, "");
  }
  void give(const std::string& name, const std::string& value) {
    options.find(name)->set(value);
    options.mark_given(name, value);
  }
};

TrainingCommand restored(const TrainingCommand& command) {
  return parse_command(JsonObject::parse(command_json(command), "state", 10));
}

}  // namespace

TEST_CASE("a command takes what it does not give from the one before it") {
  Values first;
  first.give("batch", "8");
  first.give("crop", "32");
  first.give("flag", "");
  first.give("output", "a.json");
  const TrainingCommand before = restored(command_of(first.options, {"photos", "@list", "/abs"}));
  CHECK(before.given.count("output") == 0);  // of a single run

  Values second;
  second.give("batch", "4");
  TrainingCommand command = command_of(second.options, {});
  command.take(before, second.options);
  CHECK(second.batch == "4");
  CHECK(second.scale == "32");
  CHECK(second.flag);
  CHECK(second.options.find("flag")->given);
  CHECK(command.data == std::vector<std::string>{"photos", "@list", "/abs"});

  Values third;
  third.give("scale", "2");  // takes the place of the crop
  TrainingCommand elsewhere = command_of(third.options, {});
  elsewhere.folder = "/other";
  TrainingCommand former = restored(command);
  former.folder = "/first";
  elsewhere.take(former, third.options);
  CHECK(third.scale == "2");
  CHECK(third.batch == "4");
  CHECK(third.flag);
  CHECK(elsewhere.data == std::vector<std::string>{"/first/photos", "@/first/list", "/abs"});

  // Data that are given are not added to. An option that the program does not have is left out.
  former.given["no-such-option"] = "1";
  Values fourth;
  TrainingCommand other = command_of(fourth.options, {"others"});
  other.take(former, fourth.options);
  CHECK(other.data == std::vector<std::string>{"others"});
  CHECK(other.taken.count("no-such-option") == 0);
}

TEST_CASE("the command is found in the state, or in that of the latest student") {
  const samples::Folder folder;
  const auto state = [&](const std::string& name, const std::string& batch) {
    make_folder(folder / name);
    TrainingCommand command;
    command.given["batch"] = batch;
    command.folder = "/";
    write_file(folder / name + "/progress.json", "{\"command\": " + command_json(command) + "}");
    write_file(folder / name + "/index.json", "{}");
  };
  const auto batch = [&] { return former_command(folder / "x.json")->given.at("batch"); };
  CHECK_FALSE(former_command(folder / "x.json"));
  state("x.16.state", "16");
  CHECK(batch() == "16");
  state("x.8.state", "8");
  state("x.old.state", "0");
  CHECK(batch() == "8");
  state("x.state.new", "2");  // a crash between two renames
  CHECK(batch() == "2");
  state("x.state", "1");
  CHECK(batch() == "1");
  write_file(folder / "x.state/progress.json", "{}");  // of an older version
  CHECK_FALSE(former_command(folder / "x.json"));
  write_file(folder / "x.state/progress.json", "{");
  CHECK_THROWS_AS(former_command(folder / "x.json"), DataError);
}
