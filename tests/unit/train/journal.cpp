#include "train/journal.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"

using namespace sr3;

namespace {

JournalLine line_of(int64_t step) {
  JournalLine line;
  line.step = step;
  line.loss = 0.125;
  line.learning_rate = 3e-4;
  line.gradient_norm = 2;
  line.images_per_second = 31.41592653;
  line.waiting = 0.01;
  line.seconds = 12.34;
  return line;
}

}  // namespace

TEST_CASE("a journal line is JSON with the keys of the manual page, and null for values that are not finite") {
  CHECK(journal_text(line_of(50)) ==
        "{\"step\":50,\"loss\":0.125,\"learning_rate\":0.0003,\"gradient_norm\":2.0,\"skipped\":0,"
        "\"images_per_second\":31.416,\"waiting\":0.01,\"seconds\":12.3}\n");
  JournalLine line = line_of(1);
  line.loss = std::numeric_limits<double>::quiet_NaN();
  CHECK(journal_text(line).find("\"loss\":null") != std::string::npos);
  line.communication = 0.0625;
  CHECK(journal_text(line).find("\"waiting\":0.01,\"communication\":0.0625,\"seconds\"") != std::string::npos);
}

TEST_CASE("a resumed journal drops lines after the saved step, and a partial line of a killed writer") {
  const samples::Folder scratch;
  const std::string path = scratch / "a.jsonl";
  {
    Journal journal(path);
    for (const int64_t step : {10, 20, 30}) journal.append(line_of(step));
  }
  const std::string whole = read_text(path);
  write_file(path, whole + "{\"step\":40,\"lo");
  {
    Journal journal(path);
    journal.cut(100);
    CHECK(read_text(path) == whole);
    journal.cut(25);
    journal.append(line_of(30));
    CHECK(read_text(path) == whole);
    journal.cut(0);
    CHECK(read_text(path).empty());
  }
}

TEST_CASE("a journal that is on hold does not change until it is released") {
  const samples::Folder scratch;
  const std::string path = scratch / "a.jsonl";
  for (const bool release : {false, true}) {
    write_file(path, journal_text(line_of(10)));
    {
      Journal journal(path);
      journal.hold();
      journal.cut(0);
      journal.append(line_of(20));
      CHECK(read_text(path) == journal_text(line_of(10)));
      if (release) journal.release();
      if (release) journal.append(line_of(30));
    }
    CHECK(read_text(path) ==
          (release ? journal_text(line_of(20)) + journal_text(line_of(30)) : journal_text(line_of(10))));
  }
  { Journal journal(scratch / "b.jsonl"); }
  CHECK(read_journal(scratch / "b.jsonl").empty());
  CHECK_THROWS_AS(read_text(scratch / "b.jsonl"), Error);  // nothing was written, and no file exists
}

TEST_CASE("a damaged line does not affect others") {
  const samples::Folder scratch;
  const std::string path = scratch / "a.jsonl";
  const std::string text = journal_text(line_of(10)) + "{\"step\":2?\n" + journal_text(line_of(30));
  write_file(path, text + journal_text(line_of(40)));
  CHECK(read_journal(path).size() == 3);
  Journal journal(path);
  journal.cut(30);
  CHECK(read_text(path) == text);
  journal.cut(0);
  CHECK(read_text(path).empty());
}

TEST_CASE("reading a journal") {
  const samples::Folder scratch;
  CHECK(read_journal(scratch / "none").empty());
  JournalLine skipped = line_of(20);
  skipped.loss = std::numeric_limits<double>::quiet_NaN();
  skipped.skipped = 3;
  write_file(scratch / "a", journal_text(line_of(10)) + journal_text(skipped));
  const auto lines = read_journal(scratch / "a");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].loss == 0.125);
  CHECK(std::isnan(lines[1].loss));
  CHECK(lines[1].skipped == 3);
  CHECK_THROWS_AS(Journal(scratch / "none/a"), Error);
}

TEST_CASE("validations have lines of their own, which stay where a partial line is cut") {
  const samples::Folder scratch;
  const std::string path = scratch / "a.jsonl";
  ValidationLine first, second;
  first.step = 15, first.loss = 0.5, first.by_level = {0.25, 0.75}, first.psnr = 20.5;
  second = first;
  second.step = 25, second.frechet = 3.25;
  CHECK(journal_text(first) ==
        "{\"step\":15,\"validation\":{\"loss\":0.5,\"loss_by_level\":[0.25,0.75],\"psnr\":20.5}}\n");
  CHECK(journal_text(second).find("\"psnr\":20.5,\"frechet_distance\":3.25}}") != std::string::npos);
  const std::string begin = journal_text(line_of(10)) + journal_text(first);
  // A run ended after step 18 and was validated after another had begun; a third line is of a state that was not saved.
  write_file(path, begin + journal_text(line_of(18)) + journal_text(second));
  {
    Journal journal(path);
    journal.cut(18, 25);
    CHECK(read_text(path) == begin + journal_text(line_of(18)) + journal_text(second));
    journal.cut(10, 25);
    CHECK(read_text(path) == begin + journal_text(second));
    journal.cut(30, 15);
    CHECK(read_text(path) == begin);
    journal.append(second);
    journal.cut(5, 0);
    CHECK(read_text(path).empty());
  }
  write_file(path, begin + journal_text(second));
  CHECK(read_journal(path).size() == 1);
  const auto read = read_validations(path);
  REQUIRE(read.size() == 2);
  CHECK(read[0].by_level == first.by_level);
  CHECK(std::isnan(read[0].frechet));
  CHECK(read[1].frechet == 3.25);
}

TEST_CASE("which value of a metric is better") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(is_better("loss", 1, 2));
  CHECK_FALSE(is_better("loss", 2, 1));
  CHECK(is_better("psnr", 2, 1));
  CHECK_FALSE(is_better("psnr", 1, 1));
  CHECK(is_better("frechet", 1, nan));
  CHECK_FALSE(is_better("frechet", nan, 1));
  CHECK_FALSE(is_better("psnr", nan, nan));
}
