#include "cas/cas.h"

#include <doctest/doctest.h>

#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "base/relative.h"
#include "cas/cas_report.h"
#include "stream/scratch.h"
#include "tensor/aten.h"

using namespace sr3;

namespace {

const std::vector<std::string> kClasses = {"a", "b", "c", "d", "e", "f"};

// The true class of image i is i % 6; ranks gives its rank.
CasRun ranked(const std::string& set, uint64_t seed, const std::vector<int64_t>& ranks) {
  std::vector<int64_t> labels;
  at::Tensor logits = at::zeros({static_cast<int64_t>(ranks.size()), 6});
  for (size_t i = 0; i < ranks.size(); ++i) {
    const auto label = static_cast<int64_t>(i % 6);
    labels.push_back(label);
    // `rank - 1` other classes are ranked higher.
    int64_t above = ranks[i] - 1;
    for (int64_t c = 0; c < 6; ++c) {
      float& value = logits.data_ptr<float>()[static_cast<int64_t>(i) * 6 + c];
      if (c == label)
        value = 0.5f;
      else if (above > 0)
        value = 1.0f + static_cast<float>(c), --above;
    }
  }
  return cas_run(set, seed, "s", kClasses, labels, logits);
}

}  // namespace

TEST_CASE("ranks, rows, standard deviation and McNemar's test, computed by hand") {
  const CasRun g0 = ranked("generated", 0, {1, 2, 1, 6, 5, 1, 1, 1});
  CHECK(g0.ranks == std::vector<int64_t>{1, 2, 1, 6, 5, 1, 1, 1});
  CHECK(g0.predictions[0] == 0);
  CHECK(g0.predictions[1] == 0);  // the only class that is ranked higher
  const CasRun g1 = ranked("generated", 1, {2, 2, 2, 6, 5, 1, 1, 1});
  const CasRun r0 = ranked("real", 0, {1, 1, 1, 1, 1, 2, 1, 1});
  const auto rows = cas_rows({g0, r0, g1});
  REQUIRE(rows.size() == 7);
  CHECK(rows[0].top1 == relative(5.0 / 8));
  CHECK(rows[0].top5 == relative(7.0 / 8));
  CHECK(rows[0].top1_interval.low == relative(wilson(5, 8).low));
  CHECK(rows[2].seed == "mean");
  CHECK(rows[2].top1 == relative(0.5));
  CHECK(rows[2].sd == relative(0.1767767));  // standard deviation of 0.625 and 0.375
  CHECK(rows[4].sd < 0);
  CHECK(rows[5].set == "difference");
  CHECK(rows[5].seed == "0");
  CHECK(rows[5].top1 == relative(-2.0 / 8));  // 1 image only the first classified correctly, 3 only the second
  CHECK(rows[5].p == relative(2.0 * (1 + 4) / 16));
  CHECK(rows[6].seed == "mean");
  CHECK(!rows[6].has_intervals);
  CHECK(rows[5].has_intervals);
  CHECK(rows[6].top1 == relative(0.5 - 7.0 / 8));
  const auto classes = cas_class_rows({g0, g1});
  REQUIRE(classes.size() == 6);
  CHECK(classes[0].images == 2);
  CHECK(classes[0].top1.value() == relative(0.75));
  CHECK(classes[3].top1.value() == 0);
  const CasRun few = ranked("real", 0, {1, 2});  // the other classes have no images
  CHECK(cas_class_rows({few})[1].top1.value() == 0);
  CHECK_FALSE(cas_class_rows({few})[2].top1);
  CHECK(cas_report({few}, true, false).find("real\tc\t0\t-\t-\t-\n") != std::string::npos);
  CHECK(cas_report({few}, true, true).find("\"images\":0,\"top1\":null,") != std::string::npos);
}

TEST_CASE("predictions that are not finite are refused") {
  const at::Tensor logits = at::full({1, 6}, std::numeric_limits<float>::quiet_NaN());
  CHECK_THROWS_WITH_AS(cas_run("real", 3, "s", kClasses, {2}, logits),
                       doctest::Contains("seed 3: its logits are not finite"), Error);
}

TEST_CASE("a run survives a round trip through its file; a damaged file is refused") {
  const samples::Folder scratch;
  const CasRun run = ranked("real", 18446744073709551615u, {1, 2, 3});
  write_cas_run(scratch.path + "r.json", run);
  const CasRun back = read_cas_run(scratch.path + "r.json");
  CHECK(back.seed == run.seed);
  CHECK(back.classes == run.classes);
  CHECK(back.ranks == run.ranks);
  const std::string text = read_text(scratch.path + "r.json");
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string damaged = text;
    damaged.replace(damaged.find(from), from.size(), to);
    write_file(scratch.path + "d.json", damaged);
    CAPTURE(damaged);
    CHECK_THROWS_AS(read_cas_run(scratch.path + "d.json"), DataError);
  };
  refused("cas-run 1", "cas-run 2");
  refused("\"ranks\":[1", "\"ranks\":[7");
  refused("\"ranks\":[1", "\"ranks\":[2");
  refused("\"ranks\":[1,", "\"ranks\":[");
  refused("\"labels\":[0", "\"labels\":[-1");
  refused("\"labels\":[0", "\"labels\":[\"0\"");
  refused("real", "other");
  refused("}", "");
}
