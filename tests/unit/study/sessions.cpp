#include "study/sessions.h"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/rng.h"
#include "tiny_study.h"

using namespace sr3;

namespace {

Answer answer_to(int64_t trial, const std::string& nonce) {
  Answer answer;
  answer.trial = trial;
  answer.left = trial % 2 == 0;
  answer.offset = 3000, answer.response = 500;
  answer.nonce = nonce;
  return answer;
}

// The shortest supported exposure, because these tests wait for it.
StudyDesign quick_design() {
  StudyDesign design = tiny_design();
  design.exposure_ms = 50;
  return design;
}

// As the page does: requests all images of a trial, and waits for their exposure.
void show(Sessions& sessions, const std::string& token, int64_t trial) {
  for (const char* place : {"left", "right"}) sessions.sending(token, trial, place);
  std::this_thread::sleep_for(std::chrono::milliseconds(51));
}

SessionState shown_and_answered(Sessions& sessions, const std::string& token, const Answer& answer) {
  show(sessions, token, answer.trial);
  return sessions.answer(token, answer);
}

int status_of(const std::function<void()>& request) {
  try {
    request();
  } catch (const Refused& refused) {
    return refused.status;
  }
  return 200;
}

std::vector<std::string> files(const Study& study) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(study.folder() + "/answers"))
    if (entry.path().extension() == ".jsonl") paths.push_back(entry.path().string());
  return paths;
}

}  // namespace

TEST_CASE("Sessions: trials must be answered in order") {
  const samples::Folder scratch;
  const Study study = tiny_study(scratch, quick_design());
  Sessions sessions(study);
  const SessionState begun = sessions.begin("", "browser");
  CHECK(begun.next == 1);
  CHECK(begun.token.size() == 32);
  CHECK(status_of([&] { sessions.state(std::string(32, '0')); }) == 404);
  CHECK(status_of([&] { sessions.trial(begun.token, 2); }) == 409);
  CHECK(status_of([&] { sessions.trial(begun.token, 0); }) == 409);
  CHECK(status_of([&] { sessions.sending(begun.token, 2, "left"); }) == 409);
  CHECK(sessions.trial(begun.token, 1).kind == TrialKind::kPractice);
  CHECK(status_of([&] { sessions.answer(begun.token, answer_to(2, "a")); }) == 409);
  CHECK(shown_and_answered(sessions, begun.token, answer_to(1, "a")).next == 2);
  CHECK(sessions.answer(begun.token, answer_to(1, "a")).next == 2);  // sent again, because the reply was lost
  CHECK(status_of([&] { sessions.answer(begun.token, answer_to(1, "b")); }) == 409);
  Answer changed = answer_to(1, "a");
  changed.left = !changed.left;
  CHECK(status_of([&] { sessions.answer(begun.token, changed); }) == 409);
  for (int64_t t = 2; t <= 12; ++t)
    CHECK(shown_and_answered(sessions, begun.token, answer_to(t, "n" + std::to_string(t))).next == t + 1);
  CHECK(status_of([&] { sessions.answer(begun.token, answer_to(13, "z")); }) == 409);
  CHECK(status_of([&] { sessions.trial(begun.token, 13); }) == 409);
  const AnswersFile file = read_answers(files(study)[0]);
  CHECK(file.heads.size() == 1);
  CHECK(file.answers.size() == 12);
  CHECK(file.showings.size() == 12);
  CHECK(file.answers[4].left == false);
  CHECK(file.answers[4].rater == 1);
  CHECK(file.answers[4].showings == 1);
  CHECK(file.answers[4].elapsed >= 50);
}

TEST_CASE("Sessions: an answer requires that all images were sent and exposed; the server counts showings") {
  const samples::Folder scratch;
  const Study study = tiny_study(scratch, quick_design());
  std::string token;
  {
    Sessions sessions(study);
    token = sessions.begin("", "").token;
    const auto refused = [&] { return status_of([&] { sessions.answer(token, answer_to(1, "a")); }) == 409; };
    CHECK(refused());
    for (int again = 0; again < 3; ++again) sessions.sending(token, 1, "left");
    CHECK(refused());
    sessions.sending(token, 1, "right");
    CHECK(refused());  // too early
    show(sessions, token, 1);
    sessions.sending(token, 1, "right");  // started, but not complete
    CHECK(sessions.answer(token, answer_to(1, "a")).next == 2);
    CHECK(status_of([&] { sessions.answer(token, answer_to(2, "b")); }) ==
          409);  // the images that were sent belong to trial 1
    show(sessions, token, 2);
  }
  {
    Sessions sessions(study);  // an answer sent while the server was down is still accepted
    CHECK(sessions.answer(token, answer_to(2, "b")).next == 3);
    show(sessions, token, 3);
  }
  Sessions sessions(study);
  Answer third = answer_to(3, "c");
  third.showings = 1;  // as from a browser that did not count the first
  shown_and_answered(sessions, token, third);
  Answer fourth = answer_to(4, "d");
  fourth.showings = 5;
  shown_and_answered(sessions, token, fourth);
  const AnswersFile file = read_answers(files(study)[0]);
  REQUIRE(file.answers.size() == 4);
  CHECK(file.answers[0].showings == 2);
  CHECK(file.answers[1].showings == 1);
  CHECK(file.answers[1].elapsed == -1);
  CHECK(file.answers[2].showings == 2);
  CHECK(file.answers[3].showings == 5);
}

TEST_CASE("Sessions: each list is assigned once, and a name returns to its own list") {
  const samples::Folder scratch;
  const Study study = tiny_study(scratch, quick_design());
  Sessions sessions(study);
  const SessionState first = sessions.begin("r-17", "");
  shown_and_answered(sessions, first.token, answer_to(1, "a"));
  const SessionState again = sessions.begin("r-17", "");
  CHECK(again.token == first.token);
  CHECK(again.next == 2);
  for (int i = 0; i < 3; ++i) sessions.begin("", "");
  CHECK(status_of([&] { sessions.begin("", ""); }) == 409);
  CHECK(sessions.begin("r-17", "").next == 2);
  CHECK(files(study).size() == 4);
}

TEST_CASE("Sessions: any user agent of a browser can be read back") {
  const samples::Folder scratch;
  const Study study = tiny_study(scratch);
  { Sessions(study).begin("", std::string(900, '\xff')); }
  CHECK_NOTHROW(Sessions{study});
}

TEST_CASE("Sessions: a list with answers from a page's file is not assigned again") {
  const samples::Folder scratch;
  const Study study = tiny_study(scratch);
  std::filesystem::create_directories(study.folder() + "/answers");
  SessionHead head{study.design().id, std::string(16, 'b'), "", 2, "", "", utc_now()};
  Answer answer = answer_to(1, "a");
  answer.study = head.study, answer.session = head.session, answer.rater = 2;
  write_file(study.folder() + "/answers/sent-in.jsonl", head_line(head) + "\n" + answer_line(answer) + "\n");
  Sessions sessions(study);
  for (int i = 0; i < 3; ++i) sessions.begin("", "");
  CHECK(status_of([&] { sessions.begin("", ""); }) == 409);
  for (const std::string& path : files(study))
    if (path.find("sent-in") == std::string::npos) CHECK(read_answers(path).heads[0].rater != 2);
}

TEST_CASE("Sessions: sessions on disk are restored, a truncated line is removed, damage is refused") {
  const samples::Folder scratch;
  const Study study = tiny_study(scratch, quick_design());
  std::string token;
  {
    Sessions sessions(study);
    token = sessions.begin("", "").token;
    shown_and_answered(sessions, token, answer_to(1, "a"));
    shown_and_answered(sessions, token, answer_to(2, "b"));
    CHECK_THROWS_WITH_AS(Sessions{study}, doctest::Contains("is being served already"), Error);
  }
  const std::string path = files(study)[0], good = read_text(path);
  std::ofstream(path, std::ios::app) << "{\"study\":\"";
  {
    Sessions sessions(study);
    CHECK(sessions.state(token).next == 3);
    CHECK(sessions.answer(token, answer_to(2, "b")).next == 3);  // its reply was lost when the server stopped
    CHECK(shown_and_answered(sessions, token, answer_to(3, "c")).next == 4);
  }
  CHECK(read_text(path).rfind(good, 0) == 0);
  CHECK(read_answers(path).answers.size() == 3);
  for (const std::string& damage : {good + "not JSON\n", good + good, good.substr(good.find('\n') + 1) + good,
                                    std::string(good).replace(good.find("\"trial\":2"), 9, "\"trial\":3"),
                                    std::string(good).replace(good.find("\"shown\":1"), 9, "\"shown\":0")}) {
    write_file(path, damage);
    if (damage == good + good) continue;  // concatenated files can only be scored
    CHECK_THROWS_AS(Sessions{study}, DataError);
  }
  std::string other = good;
  while (other.find(study.design().id) != std::string::npos)
    other.replace(other.find(study.design().id), 16, "0123456789abcdef");
  write_file(path, other);
  CHECK_THROWS_WITH_AS(Sessions{study}, doctest::Contains("has answers of the study 0123456789abcdef"), DataError);
}

TEST_CASE("Sessions: many random clients leave complete files") {
  const samples::Folder scratch;
  StudyDesign design = quick_design();
  design.raters = 40;
  const Study study = tiny_study(scratch, design);
  {
    Sessions sessions(study);
    std::vector<std::string> tokens;
    for (int i = 0; i < 8; ++i) tokens.push_back(sessions.begin("", "").token);
    std::vector<std::thread> crowd;
    for (uint64_t k = 0; k < 4; ++k)
      crowd.emplace_back([&, k] {
        RandomStream random(1, k, 200);
        for (int i = 0; i < 150; ++i)
          status_of([&] {
            const std::string& token = tokens[random.below(tokens.size())];
            const auto trial = static_cast<int64_t>(random.below(14));
            if (random.below(10) > 0) show(sessions, token, trial);
            sessions.answer(token, answer_to(trial, "x" + std::to_string(i)));
          });
      });
    for (std::thread& one : crowd) one.join();
  }
  const Sessions restored(study);
  int64_t answers = 0;
  for (const std::string& path : files(study)) {
    const AnswersFile file = read_answers(path);
    CHECK(file.damaged.empty());
    answers += static_cast<int64_t>(file.answers.size());
    for (size_t i = 0; i < file.answers.size(); ++i) CHECK(file.answers[i].trial == static_cast<int64_t>(i) + 1);
  }
  CHECK(answers > 20);
}

TEST_CASE("Answers: the data of a page are parsed strictly") {
  const std::string good =
      R"({"trial":1,"choice":"left","onset":10.5,"offset":3010.5,"response":400,"frames":180,"longest_frame":17,"early":0,)"
      R"("focus_losses":0,"showings":1,"pixel_ratio":2,"zoom":1,"window_width":800,"window_height":600,)"
      R"("shown_width":256,"nonce":"ab"})";
  const Answer answer = parse_posted(good);
  CHECK(answer.left);
  CHECK(answer.frames == 180);
  CHECK(answer.offset == 3010.5);
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"\"trial\":1", "\"trial\":-1"},
                                 {"\"trial\":1", "\"trial\":1.5"},
                                 {"\"trial\":1", "\"trial\":1,\"trial\":2"},
                                 {"\"trial\":1", "\"trial\":99999999999999999999"},
                                 {"\"trial\":1,", ""},
                                 {"\"left\"", "\"middle\""},
                                 {"\"frames\":180", "\"frames\":1e400"},
                                 {"10.5", "-1"},
                                 {"10.5", "null"},
                                 {"\"ab\"", "\"" + std::string(600, 'x') + "\""},
                                 {"\"early\":0", "\"early\":0,\"real\":\"left\""},
                                 {"}", "} x"},
                                 {"{", "[[[[[{"}}) {
    std::string bad = good;
    CHECK_THROWS_AS(parse_posted(bad.replace(bad.find(from), from.size(), to)), DataError);
  }
  CHECK_THROWS_AS(parse_posted(""), DataError);
}
