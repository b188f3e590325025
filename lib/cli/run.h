// What main() of every program shares: options, errors, the exit status, closing standard output. All errors end here.
// A program is a function of App that declares into app.options, calls parse(), does its work and returns an exit status.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/options.h"
#include "base/progress.h"
#include "cli/verbs.h"

namespace sr3::cli {

// Thrown by App::parse for --help, --version and --list-options: the text to print before the program ends with 0.
struct Exit {
  std::string text;
};

class App {
 public:
  App(std::string program, std::string summary, std::string synopsis, std::vector<std::string> arguments);

  // Declare into this, then call parse(), which adds -h --help --version -q -v --progress and the hidden --list-options.
  Options options;
  ProgressOptions progress;
  // Of a program whose first operand says what to do: set them before parse(), which then answers "VERB --help".
  std::vector<Verb> verbs;
  // Of a program whose help depends on other options, which are applied before it is called: what to do before --help.
  std::function<void()> before_help;

  // Reads the command line and sets each option through its Option::set, in the order given, so that of a single-valued
  // option the last one counts. Throws a UsageError that names the option, or Exit.
  void parse();

  const std::vector<std::string>& operands() const { return operands_; }
  // The operands of a program that reads images, for Reader. Throws UsageError when there are none and standard input,
  // which would be read instead, is a terminal.
  const std::vector<std::string>& inputs() const;
  // The first operand, which must be one of the verbs, and is no operand any more. UsageError when it is missing or another,
  // and for an option that it does not take.
  const Verb& take_verb();
  const std::string& program() const { return program_; }

 private:
  std::string help() const;  // of the verb that is the first operand, if there is one

  std::string program_, summary_, synopsis_;
  std::vector<std::string> arguments_, operands_;
};

// Runs a program; each main() calls its run_program by this. summary: one sentence, as in the man page's NAME line;
// synopsis: what follows the name in the first line of --help, such as "-s N [images] [-o OUT]".
int run(const char* program, const char* summary, const char* synopsis, int argc, char** argv, int (*body)(App&));

// What to show of the message of a foreign exception (libtorch's contain a stack trace): its first line, or `all` of it.
std::string brief_reason(const std::string& what, bool all);

}  // namespace sr3::cli
