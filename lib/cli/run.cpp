#include "cli/run.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <new>

#include "base/closest_word.h"
#include "base/error.h"
#include "base/file.h"
#include "base/history.h"
#include "base/log.h"
#include "cli/parser.h"

namespace sr3::cli {

namespace {

const std::vector<std::string> kHidden = {"list-options"};

// `make install PROGRAM_PREFIX=sr3-` installs upscale as sr3-upscale, which is then its name to the user.
std::string shown_name(const std::string& program, const char* argv0) {
  const std::string name = argv0 ? base_name(argv0) : "";
  const bool ends = name.size() > program.size() && name.ends_with(program);
  return ends ? name : program;
}

std::string version(const std::string& program) {
  // CMakeLists.txt defines the name: the formats whose libraries are there, such as ", WebP, TIFF".
  return cat(program, " (sr3-cdm) ", kVersion, "\nimage formats: PNG, JPEG, PNM", SR3_FORMATS, "\n");
}

// Whether it is answered in place of the program's work.
bool is_question(const Given& given) {
  const std::string& name = given.option->name;
  return name == "help" || name == "version" || name == "list-options";
}

void try_to_apply(const Given& given) {
  try {
    apply(given);
  } catch (const UsageError&) {
  }
}

int report(const std::string& text, int status) {
  std::fflush(stdout);  // what was printed before the error comes before it
  error(text);
  return status;
}

// The body's status, unless it throws or standard output cannot be written completely.
int guarded(App& app, int (*body)(App&)) {
  const auto out_of_memory = [](const std::string& what) {
    return what.find("can't allocate memory") != std::string::npos || what.find("out of memory") != std::string::npos;
  };
  try {
    int status = kDone;
    try {
      status = body(app);
    } catch (const Exit& exit) {
      std::fwrite(exit.text.data(), 1, exit.text.size(), stdout);
    }
    close_stdout();
    return status;
  } catch (const UsageError& e) {
    return report(cat(e.what(), "; try '", app.program(), " --help'"), kUsage);
  } catch (const Error& e) {
    return report(e.what(), e.status());
  } catch (const std::bad_alloc&) {
    return report("out of memory", kFailed);
  } catch (const std::exception& e) {
    const bool all = log_state().verbosity > 1;
    return report(out_of_memory(e.what()) && !all ? "out of memory" : brief_reason(e.what(), all), kFailed);
  }
}

// Where the caller closed standard input, output or error, the next file opened would take its place: messages would go
// into it, and results be lost. What is opened here fails at use, as a closed one does.
void hold_standard_files() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace

App::App(std::string program, std::string summary, std::string synopsis, std::vector<std::string> arguments)
    : program_(std::move(program)),
      summary_(std::move(summary)),
      synopsis_(std::move(synopsis)),
      arguments_(std::move(arguments)) {}

std::string App::help() const {
  const auto head = [](const std::string& name, const std::string& synopsis, const std::string& summary) {
    return cat("usage: ", name, synopsis.empty() ? "" : " ", synopsis, "\n\n", summary, "\n\n");
  };
  std::vector<std::string> hidden = kHidden;
  if (const Verb* verb = operands_.empty() ? nullptr : find_verb(verbs, operands_[0])) {
    for (const std::string& name : others(options, *verb)) hidden.push_back(name);
    return head(cat(program_, " ", verb->name), verb->synopsis, verb->summary) + options_help(options, hidden);
  }
  std::string text = head(program_, synopsis_, summary_);
  size_t widest = 0;
  for (const Verb& each : verbs) widest = std::max(widest, each.name.size());
  for (const Verb& each : verbs)
    text += cat("  ", each.name, std::string(widest - each.name.size() + 2, ' '), each.summary, "\n");
  if (!verbs.empty())
    text +=
        cat("\n'", program_, " ", verbs[0].name, " --help' shows the options of ", verbs[0].name, ", and so on.\n\n");
  return text + options_help(options, hidden);
}

void App::parse() {
  const auto flag = [this](const char* name, char letter, const char* text, std::function<void()> act) {
    options.add({name, letter, "", text, "", false, [act = std::move(act)](const std::string&) { act(); }});
  };
  options.group(groups::kCommon);
  progress.declare(options);
  flag("quiet", 'q', "print errors only", [] { log_state().verbosity = 0; });
  flag("verbose", 'v', "print more", [] { log_state().verbosity = 2; });
  flag("help", 'h', "show this help", [this] { throw Exit{help()}; });
  flag("version", 0, "show the version", [this] { throw Exit{version(program_)}; });
  flag("list-options", 0, "list the options, separated by tabs",
       [this] { throw Exit{options_table(options, kHidden)}; });

  const CommandLine line = read_command_line(options, arguments_);
  operands_ = line.operands;
  // Before any value is checked, so that --help works beside a wrong one.
  for (const Given& given : line.given) {
    if (!is_question(given)) continue;
    if (before_help) {
      for (const Given& other : line.given)
        if (!is_question(other)) try_to_apply(other);
      before_help();
    }
    apply(given);
  }
  for (const Given& given : line.given) {
    options.mark_given(given.option->name, given.value);
    apply(given);
  }
}

const std::vector<std::string>& App::inputs() const {
  if (operands_.empty() && isatty(STDIN_FILENO)) throw UsageError("no images given, and standard input is a terminal");
  return operands_;
}

const Verb& App::take_verb() {
  const std::string name = operands_.empty() ? "" : operands_[0];
  const Verb* verb = find_verb(verbs, name);
  std::vector<std::string> words;
  for (const Verb& each : verbs) words.push_back(each.name);
  if (!verb)
    throw UsageError(cat(name.empty() ? "missing command" : "unknown command '" + name + "'", ": ", verb_names(verbs),
                         did_you_mean(words, name)));
  operands_.erase(operands_.begin());
  refuse_others(options, *verb, verbs);
  return *verb;
}

std::string brief_reason(const std::string& what, bool all) {
  if (all) return what;
  std::string text = what.substr(0, what.find("Exception raised from"));
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == ' ' || text.back() == '.' || text.back() == '(')) text.pop_back();
  return text.empty() ? "unknown error" : text;
}

int run(const char* program, const char* summary, const char* synopsis, int argc, char** argv, int (*body)(App&)) {
  // `upscale ... | head -c1` ends silently, also under a parent that ignores the signal (Python's subprocess).
  std::signal(SIGPIPE, SIG_DFL);
  hold_standard_files();
  const std::vector<std::string> arguments(argv + (argc > 0), argv + argc);
  log_state().program = shown_name(program, argc > 0 ? argv[0] : nullptr);
  remember_run(program, arguments);
  App app(log_state().program, summary, synopsis, arguments);
  return guarded(app, body);
}

}  // namespace sr3::cli
