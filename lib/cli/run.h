// main() of every program: options, errors, exit status, closing standard output. The only place with try/catch.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"
#include "base/progress.h"

namespace sr3::cli {

class App {
 public:
  App(std::string program, std::string synopsis, std::vector<std::string> arguments);

  // Declare into this, then parse(). -h --help --version -q -v and the hidden --list-options are there already.
  Options options;
  ProgressOptions progress;  // declared for every program

  // Reads the command line; --help and the like end the program from here (Exit). UsageError otherwise.
  void parse();
  const std::vector<std::string>& operands() const { return operands_; }
  const std::string& program() const { return program_; }

 private:
  std::string program_, synopsis_;
  std::vector<std::string> arguments_, operands_;
};

// synopsis: what follows the name in the first line of --help, "-s N [images] [-o OUT]"; summary: one sentence, as in the
// man page's NAME line.
int run(const char* program, const char* summary, const char* synopsis, int argc, char** argv, int (*body)(App&));

}  // namespace sr3::cli
