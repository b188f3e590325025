#include "base/file.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "base/folder.h"

using namespace sr3;

TEST_CASE("written data are read back, including zero bytes") {
  const samples::Folder folder;
  const std::string text("a\0b\n\xff", 5);
  write_file(folder / "x", text);
  CHECK(read_text(folder / "x") == text);
  CHECK(read_file(folder / "x") == Bytes(text.begin(), text.end()));
  CHECK(folder.entries() == 1);
  write_file(folder / "x", "");
  CHECK(read_text(folder / "x").empty());
}

TEST_CASE("lines of lists: byte order marks, carriage returns, and zeros instead of newlines") {
  const samples::Folder folder;
  using Lines = std::vector<std::string>;
  const auto lines = [&](const std::string& text) {
    write_file(folder / "list", text);
    return read_lines(folder / "list");
  };
  CHECK(lines("") == Lines{});
  CHECK(lines("\xef\xbb\xbf") == Lines{});
  CHECK(lines("\xef\xbb\xbf"
              "a b\r\n\nc") == Lines{"a b", "", "c"});
  CHECK(lines(std::string("a\nb\0c\r\0", 7)) == Lines{"a\nb", "c\r"});
}

TEST_CASE("an output that is not closed leaves the existing file unchanged") {
  const samples::Folder folder;
  write_file(folder / "x", "old");
  {
    OutputFile out(folder / "x");
    out.write("new");
  }
  CHECK(read_text(folder / "x") == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("errors name the file and the reason") {
  const samples::Folder folder;
  CHECK_THROWS_WITH_AS(read_file(folder / "none"),
                       doctest::Contains(("cannot open '" + folder / "none': No such file").c_str()), Error);
  CHECK_THROWS_WITH_AS(OutputFile(folder / "none/x"), doctest::Contains("No such file or directory"), Error);
  CHECK_THROWS_AS(read_file(folder.path), Error);  // a folder
  write_file(folder / "x", "12345");
  CHECK_THROWS_WITH_AS(read_file(folder / "x", 4), doctest::Contains("more than 4 bytes"), DataError);
  CHECK(read_file(folder / "x", 5).size() == 5);
}

TEST_CASE("whether an output can be written is known before it is") {
  const samples::Folder folder;
  CHECK_NOTHROW(check_writable(folder / "x"));
  CHECK(folder.entries() == 0);
  CHECK_THROWS_WITH_AS(check_writable(folder / "none/x"),
                       doctest::Contains(("make the folder '" + folder / "none/' first").c_str()), Error);
  CHECK_THROWS_WITH_AS(check_writable(folder.path), doctest::Contains("it names a folder, not a file"), Error);
  CHECK_THROWS_WITH_AS(check_writable(""), doctest::Contains("a file has no empty name"), Error);
  make_folder(folder / "a/b");
  CHECK_NOTHROW(check_writable(folder / "a/b/x"));
  CHECK_THROWS_WITH_AS(check_writable(folder / "a/b"), doctest::Contains("it names a folder"), Error);
  CHECK(folder.entries() == 1);
  write_file(folder / "x", "old");
  CHECK_NOTHROW(check_writable(folder / "x"));
  CHECK(read_text(folder / "x") == "old");
  CHECK_THROWS_WITH_AS(check_writable(folder / "x/y"), doctest::Contains("cannot write"), Error);
  CHECK_THROWS_WITH_AS(make_folder(folder / "x"), doctest::Contains("cannot create the folder"), Error);
  CHECK_THROWS_AS(make_folder("/proc"), Error);
}

TEST_CASE("parts of paths") {
  CHECK(directory_of("a/b/c.png") == "a/b/");
  CHECK(directory_of("c.png") == "");
  CHECK(base_name("a/b/c.tar.gz") == "c.tar.gz");
  CHECK(stem_of("a.d/c.tar.gz") == "c.tar");
  CHECK(stem_of("a.d/c") == "c");
  CHECK(stem_of(".hidden") == ".hidden");
  CHECK(extension_of("a/b.PNG") == "png");
  CHECK(extension_of("a.d/b") == "");
  CHECK(extension_of(".hidden") == "");
}
