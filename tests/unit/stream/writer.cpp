#include "stream/writer.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include "image/codec.h"
#include "stream/reader.h"
#include "stream/scratch.h"

using namespace sr3;
using namespace samples;

namespace {

Frame frame(const std::string& key, int depth = 8) {
  Frame out;
  out.image = pattern(5, 4, depth);
  out.key = key;
  out.index = 3;
  out.total = 9;
  out.origin = "origin";
  return out;
}

WriterOptions to(const std::string& output, int64_t depth = 8) {
  WriterOptions options;
  options.output = output;
  options.depth = depth;
  return options;
}

}  // namespace

TEST_CASE("writer: a folder has a PNG for each key") {
  Folder folder;
  const std::string out = folder.path + "new/deep/";
  WriterOptions options = to(out, 16);
  options.skip_existing = true;
  Writer writer(options);
  CHECK_FALSE(writer.skips("a"));
  writer.write(frame("a", 16));
  writer.write(frame("sub/b"));
  writer.write(frame("../c"));
  CHECK(error_of([&] { writer.write(frame("a")); }) ==
        cat("cannot write 'origin': '", out, "a.png' has already been written for another image"));
  writer.close();
  CHECK(writer.skips("a"));
  CHECK(writer.skips("sub/b"));
  CHECK(writer.skips("__/c"));
  CHECK_FALSE(Writer(to(out)).skips("a"));
  const Image image = decode(read_file(out + "a.png"), "x", {});
  CHECK(image.u16 == pattern(5, 4, 16).u16);
  CHECK(image.comment == R"(sr {"key":"a","i":3})");  // no "n", because a file is not a stream
  CHECK(decode(read_file(out + "sub/b.png"), "x", {}).u16 == with_depth(pattern(5, 4), 16).u16);
}

TEST_CASE("writer: a file has one image, in the format of its name, and appears completely or not at all") {
  Folder folder;
  for (const char* name : {"x.png", "x.PPM", "x.jpg"}) {
    Writer writer(to(folder.path + name));
    writer.write(frame("a"));
    CHECK(error_of([&] { writer.write(frame("b")); }).find("it holds one image; use -o DIR/") != std::string::npos);
    writer.close();
    CHECK(decode(read_file(folder.path + name), "x", {}).width == 5);
  }
  CHECK(decode(read_file(folder.path + "x.png"), "x", {}).u8 == pattern(5, 4).u8);
  CHECK(decode(read_file(folder.path + "x.PPM"), "x", {}).u8 == pattern(5, 4).u8);
  { Writer writer(to(folder.path + "never.png")); }
  CHECK_FALSE(std::filesystem::exists(folder.path + "never.png"));
  CHECK(folder.entries() == 3);  // no temporary file is left
}

TEST_CASE("writer: outputs that cannot be written are errors before any work") {
  Folder folder;
  CHECK_THROWS_WITH_AS(Writer(to(folder / "x.png")).expect(2),
                       doctest::Contains("holds one image, but 2 will be written"), UsageError);
  WriterOptions skipping = to(folder / "x.png");
  skipping.skip_existing = true;
  CHECK_THROWS_WITH_AS(Writer{skipping}, "--skip-existing needs a folder: -o DIR/", UsageError);
  CHECK_NOTHROW(Writer(to(folder / "x.png")).expect(1));
  CHECK_NOTHROW(Writer(to(folder.path)).expect(2));
  CHECK_THROWS_AS(Writer(to(folder.path + "x.v2")), UsageError);
  CHECK_THROWS_AS(Writer(to(folder.path + "x.gif")), UsageError);
  CHECK_THROWS_AS(Writer(to(folder.path + "x.jpg", 16)), UsageError);
  CHECK(error_of([&] { Writer(to(folder.path + "no/x.png")); }) ==
        cat("cannot write '", folder.path, "no/x.png': No such file or directory: make the folder '", folder.path,
            "no/' first"));
  folder.put("file", bytes("x"));
  CHECK(error_of([&] { Writer(to(folder.path + "file/")); }).find("cannot create the folder") == 0);
}

TEST_CASE("writer: an error while writing reaches the caller") {
  Folder folder;
  Writer writer(to(folder.path + "out/"));
  std::filesystem::create_directories(folder.path + "out/a.png/in the way");
  writer.write(frame("a"));
  CHECK(error_of([&] { writer.close(); }).find("cannot write '") == 0);
}

TEST_CASE("writer and reader: a folder survives a round trip, with any number of threads") {
  Folder folder;
  for (const int64_t threads : {1, 6}) {
    WriterOptions options = to(cat(folder.path, threads, "/"));
    options.threads = threads;
    Writer writer(options);
    for (int i = 0; i < 40; ++i) {
      Frame next = frame(number_key(i));
      next.label = i % 3;
      next.seed = i;
      next.image.u8[0] = static_cast<uint8_t>(i);
      writer.write(std::move(next));
    }
    writer.close();
    Reader reader({options.output}, {});
    int64_t i = 0;
    for (; auto back = reader.next(); ++i) {
      CHECK(back->key == number_key(i));
      CHECK(back->image.u8[0] == i);
      CHECK(back->label == i % 3);
      CHECK(back->seed == i);
    }
    CHECK(i == 40);
  }
}
