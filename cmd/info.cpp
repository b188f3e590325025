// info: what a file is: a stage, a cascade, weights, or statistics (lib/info/description.h). See info(1).
#include "info/description.h"

#include "base/error.h"
#include "base/table.h"
#include "cli/run.h"
#include "stage/find_manifest.h"

using namespace sr3;

namespace {

int run_program(cli::App& app) {
  bool json = false;
  app.options.group(groups::kResults);
  app.options.add("json", 0, &json, "a line of JSON for each file");
  app.parse();
  if (app.operands().empty()) throw UsageError("nothing to describe: name stages, cascades, weights or statistics");
  std::string text;
  for (const std::string& path : find_manifests(app.operands())) {
    if (!text.empty() && !json) text += "\n";
    text += description_text(describe_file(path), json);
  }
  print_table(text);
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run("info", "what a stage, a cascade, weights or statistics contain", "[--json] FILE...", argc, argv,
                  run_program);
}
