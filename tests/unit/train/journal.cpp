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
