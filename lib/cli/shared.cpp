#include "cli/shared.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace sr3::cli {

void ComputeOptions::declare(Options& options) {
  options.group("Computation");
  options.add({"", "device", 0, "DEVICE", "auto, cpu, cuda or cuda:N", device, false, [this](const std::string& given) {
                 const bool numbered =
                     given.starts_with("cuda:") && given.size() > 5 && given.size() < 9 &&
                     std::all_of(given.begin() + 5, given.end(), [](char c) { return c >= '0' && c <= '9'; });
                 if (given != "auto" && given != "cpu" && given != "cuda" && !numbered)
                   throw UsageError(cat("'", given, "' is none of auto, cpu, cuda, cuda:N"));
                 device = given;
               }});
  options.choice("precision", 0, &precision, {"auto", "fp32", "bf16", "fp16"}, "arithmetic of the network");
  options.add({"", "threads", 0, "N", "threads; 0: all cores", std::to_string(threads), false,
               [this](const std::string& given) {
                 threads = parse_int(given);
                 if (threads < 0 || threads > 4096) throw UsageError(cat("'", given, "' is not in 0 to 4096"));
               }});
}

void declare_seed(Options& options, uint64_t* seed) {
  options.add({"", "seed", 0, "N", "seed of all random numbers", std::to_string(*seed), false,
               [seed](const std::string& given) {
                 const char* end = given.data() + given.size();
                 const auto [at, failure] = std::from_chars(given.data(), end, *seed);
                 if (failure != std::errc() || at != end)
                   throw UsageError(cat("'", given, "' is not a whole number of 0 or more"));
               }});
}

}  // namespace sr3::cli
