#include "cli/shared.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/log.h"

namespace sr3::cli {

void declare_device(Options& options, std::string* device) {
  options.add({"device", 0, "DEVICE", "auto, cpu, cuda or cuda:N", *device, false, [device](const std::string& given) {
                 const bool numbered =
                     given.starts_with("cuda:") && given.size() > 5 && given.size() < 9 &&
                     std::all_of(given.begin() + 5, given.end(), [](char c) { return c >= '0' && c <= '9'; });
                 if (given != "auto" && given != "cpu" && given != "cuda" && !numbered)
                   throw UsageError(cat("'", given, "' is not one of auto, cpu, cuda, cuda:N"));
                 *device = given;
               }});
}

void declare_threads(Options& options, int64_t* threads) {
  options.add("threads", 0, threads, "N", within(0, 4096), "threads; 0: one on each core");
}

void print_error(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& why) {
    error(why.what());
  }
}

void declare_seed(Options& options, uint64_t* seed) {
  options.add({"seed", 0, "N", cat("seed of all random numbers (", at_least(0).text(), ")"), std::to_string(*seed),
               false, [seed](const std::string& given) {
                 const char* end = given.data() + given.size();
                 const auto [at, failure] = std::from_chars(given.data(), end, *seed);
                 if (failure != std::errc() || at != end)
                   throw UsageError(cat("'", given, "' is not a whole number of 0 or more"));
               }});
}

void ComputeOptions::declare(Options& options, bool training) {
  options.group(groups::kComputation);
  declare_device(options, &device);
  std::vector<std::string> words = {"auto", "fp32", "bf16", "fp16"};
  if (!training) words.push_back("int8");
  options.choice("precision", 0, &precision, words, "number format of the network");
  declare_threads(options, &threads);
}

}  // namespace sr3::cli
