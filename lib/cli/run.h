// main() of every program: options, errors, exit status, closing standard output. The only place with try/catch.
// A program is a function of App: declare into app.options, parse(), then work; it returns an exit status.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"
#include "base/progress.h"

namespace sr3::cli {

// Thrown by App::parse for --help and the like: what goes to standard output before the program ends with 0.
struct Exit {
  std::string text;
};

class App {
 public:
  App(std::string program, std::string summary, std::string synopsis, std::vector<std::string> arguments);

  // Declare into this, then parse(). -h --help --version -q -v --progress and the hidden --list-options come by themselves.
  Options options;
  ProgressOptions progress;

  // Reads the command line, each option through its Option::set, in the order given; the last of a single-valued option
  // counts. UsageError names the option; Exit ends the program.
  void parse();

  const std::vector<std::string>& operands() const { return operands_; }
  // The operands of a program that reads images, for Reader. UsageError when that would wait for a terminal to type them.
  const std::vector<std::string>& inputs() const;
  const std::string& program() const { return program_; }

 private:
  std::string help() const;

  std::string program_, summary_, synopsis_;
  std::vector<std::string> arguments_, operands_;
};

// synopsis: what follows the name in the first line of --help, "-s N [images] [-o OUT]"; summary: one sentence, as in the
// man page's NAME line.
int run(const char* program, const char* summary, const char* synopsis, int argc, char** argv, int (*body)(App&));

// The line to show for a foreign exception (libtorch's carry a stack trace): its first line, or with -v all of it.
std::string brief_reason(const std::string& what, bool all);

}  // namespace sr3::cli
