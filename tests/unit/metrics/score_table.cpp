#include "metrics/score_table.h"

#include <doctest/doctest.h>

#include <limits>

using namespace sr3;

namespace {

ScoredPair pair_of(const char* name, int64_t index, double psnr, std::optional<double> ssim) {
  ScoredPair pair{name, index, {}};
  pair.scores.psnr = pair.scores.psnr_y = psnr;
  pair.scores.ssim = pair.scores.ssim_y = ssim;
  return pair;
}

}  // namespace

TEST_CASE("the table is in order of the reference, and each mean over the pairs that have the value") {
  const std::vector<ScoredPair> pairs = {pair_of("b", 1, 30, std::nullopt), pair_of("a", 0, 20, 0.5)};
  CHECK(score_table(pairs, false, false) ==
        "name\tpsnr\tssim\tpsnr_y\tssim_y\n"
        "a\t20.0000\t0.500000\t20.0000\t0.500000\n"
        "b\t30.0000\t-\t30.0000\t-\n"
        "mean\t25.0000\t0.500000\t25.0000\t0.500000\n");
  CHECK(score_table(pairs, false, true)
            .ends_with("{\"name\":\"mean\",\"images\":2,\"psnr\":25.0,\"ssim\":0.5,\"psnr_y\":25.0,\"ssim_y\":0.5}\n"));
}

TEST_CASE("consistency has two more columns; identical images have a PSNR of null in JSON") {
  ScoredPair pair = pair_of("a", 0, std::numeric_limits<double>::infinity(), 1);
  pair.scores.consistency = 1e-5, pair.scores.rounding_floor = 2e-6;
  CHECK(score_table({pair}, true, false)
            .starts_with("name\tpsnr\tssim\tpsnr_y\tssim_y\tconsistency\trounding_floor\n"
                         "a\tinf\t1.000000\tinf\t1.000000\t1.000e-05\t2.000e-06\nmean\t"));
  CHECK(score_table({pair}, true, true)
            .starts_with(
                "{\"name\":\"a\",\"psnr\":null,\"ssim\":1.0,\"psnr_y\":null,\"ssim_y\":1.0,\"consistency\":1e-05,"
                "\"rounding_floor\":2e-06}\n"));
}

TEST_CASE("without pairs there is a header and no mean") {
  CHECK(score_table({}, false, false) == "name\tpsnr\tssim\tpsnr_y\tssim_y\n");
  CHECK(score_table({}, false, true).empty());
}

TEST_CASE("of several sets each has a row with its mean") {
  const std::vector<ScoredSet> sets = {{"out/a", {pair_of("1", 0, 30, 0.5), pair_of("2", 1, 20, 0.7)}},
                                       {"b\t2", {pair_of("1", 0, 10, std::nullopt)}},
                                       {"empty", {}}};
  CHECK(set_table(sets, false, false) ==
        "name\timages\tpsnr\tssim\tpsnr_y\tssim_y\n"
        "out/a\t2\t25.0000\t0.600000\t25.0000\t0.600000\n"
        "b?2\t1\t10.0000\t-\t10.0000\t-\n");
  CHECK(set_table(sets, false, true).starts_with("{\"name\":\"out/a\",\"images\":2,\"psnr\":25.0,\"ssim\":0.6,"));
}
