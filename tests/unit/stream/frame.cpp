#include "stream/frame.h"

#include <doctest/doctest.h>

using namespace sr3;

TEST_CASE("frame: the line in the manual page") {
  Frame frame;
  frame.key = "0001";
  frame.total = 64;
  frame.label = 3;
  frame.seed = 7;
  CHECK(frame_comment(frame) == R"(sr {"key":"0001","i":0,"n":64,"class":3,"seed":7})");
  frame.extra = R"({"steps":50,"i":9,"name":"é"})";
  CHECK(frame_comment(frame) == R"(sr {"key":"0001","i":0,"n":64,"class":3,"seed":7,"steps":50,"name":"\u00e9"})");
}

TEST_CASE("frame: written lines are read back") {
  Frame frame;
  frame.key = "sub/a-b_c.d";
  frame.index = 1234567890123;
  frame.total = 9;
  frame.label = 1;
  frame.seed = -5;
  frame.extra = R"({"a":[1,2]})";
  Frame back;
  apply_comment(back, frame_comment(frame));
  CHECK(back.key == frame.key);
  CHECK(back.index == frame.index);
  CHECK(back.total == frame.total);
  CHECK(back.label == frame.label);
  CHECK(back.seed == frame.seed);
  CHECK(back.extra == frame.extra);
}

TEST_CASE("frame: a comment that is not ours changes nothing; invalid members are skipped") {
  Frame frame;
  frame.key = "kept";
  frame.index = 5;
  for (const char* comment :
       {"", "#", "Created by hand", "sr", "sr 5", "sr [1]", "sr {", "sr {\"key\":", "{\"key\":\"x\"}",
        "sr {\"key\":7,\"i\":-1,\"n\":1.5,\"class\":\"a\",\"seed\":18446744073709551615}"}) {
    apply_comment(frame, comment);
    CHECK(frame.key == "kept");
    CHECK(frame.index == 5);
    CHECK_FALSE(frame.total);
    CHECK_FALSE(frame.label);
    CHECK_FALSE(frame.seed);
  }
  apply_comment(frame, "sr {\"key\":\"" + std::string(5000, '[') + "\"}");
  CHECK(frame.key == "kept");
  apply_comment(frame, "# sr {\"i\":6}\n");  // as ImageMagick may pass it on
  CHECK(frame.index == 6);
}

TEST_CASE("frame: the line is shorter than 500 bytes, in ASCII") {
  Frame frame;
  frame.key = clean_key(std::string(190, 'a') + "/" + std::string(190, 'b') + "/" + std::string(190, 'c'));
  frame.index = INT64_MAX;
  frame.total = frame.label = INT64_MAX;
  frame.seed = INT64_MIN;
  frame.extra = "{\"a\":\"" + std::string(400, 'x') + "\"}";
  CHECK(frame_comment(frame).size() < 500);
  std::string letters;
  for (int i = 0; i < 300; ++i) letters += "東";
  frame.key = clean_key(letters + "/" + letters);
  CHECK(frame.key.size() > 100);
  CHECK(frame_comment(frame).size() < 500);
  for (const char c : frame_comment(frame)) CHECK(static_cast<unsigned char>(c) < 128);
  frame.extra = "not JSON";
  CHECK(frame_comment(frame).size() < 500);
}

TEST_CASE("frame: a key with a suffix is a key") {
  CHECK(suffixed_key("a/b", "-2") == "a/b-2");
  CHECK(suffixed_key("", "-2") == "-2");
  const std::string long_one(200, 'x');
  CHECK(suffixed_key(long_one, "-12") == std::string(197, 'x') + "-12");
  std::string letters;
  for (int i = 0; i < 66; ++i) letters += "\u65e5";
  for (const std::string& key : {clean_key(letters), clean_key("a/" + letters), clean_key(long_one + "/" + long_one)}) {
    const std::string numbered = suffixed_key(key, "-10");
    CHECK(clean_key(numbered) == numbered);
    CHECK(numbered.ends_with("-10"));
    CHECK(numbered.size() > key.size() - 8);
  }
}

TEST_CASE("frame: keys are cleaned") {
  CHECK(clean_key("a/b.c-d_e") == "a/b.c-d_e");
  CHECK(clean_key("../../etc/passwd") == "__/__/etc/passwd");
  CHECK(clean_key("/abs//x/./y/") == "abs/x/y");
  CHECK(clean_key("a b\n\"é") == "a_b__é");
  CHECK(clean_key("日本/東京 1.5") == "日本/東京_1.5");
  CHECK(clean_key("\xf0\x9f\x90\xb1") == "\xf0\x9f\x90\xb1");
  // Invalid UTF-8: a lone byte, truncated, overlong, a surrogate, beyond Unicode. Control, line and direction characters.
  CHECK(clean_key("\xff\xc3") == "__");
  CHECK(clean_key("\xe6\x97") == "__");
  CHECK(clean_key("\xc0\xaf\xe0\x80\xaf") == "_____");
  CHECK(clean_key("\xed\xa0\x80\xf4\x90\x80\x80") == "_______");
  CHECK(clean_key("\xc2\x9b\xe2\x80\xa8\xe2\x80\xae") == "________");
  CHECK(clean_key("") == "");
  CHECK(clean_key("././/") == "");
  CHECK(clean_key(std::string(1000, 'a')).size() == 200);
  CHECK(number_key(42) == "000042");
  CHECK(number_key(12345678) == "12345678");
}
