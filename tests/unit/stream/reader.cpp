#include "stream/reader.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "image/jpegs.h"
#include "image/png.h"
#include "image/pnm.h"
#include "stream/listing.h"
#include "stream/scratch.h"

using namespace sr3;
using namespace samples;

namespace {

using Texts = std::vector<std::string>;

Texts keys(const std::vector<std::string>& operands, const ReaderOptions& options = {}) {
  Reader reader(operands, options);
  Texts out;
  while (auto frame = reader.next()) out.push_back(frame->key);
  return out;
}

Bytes commented(const std::string& comment, int64_t width = 4) {
  Image image = pattern(width, 3);
  image.comment = comment;
  return encode_pnm(image);
}

}  // namespace

TEST_CASE("reader: a folder is read in the byte order of its paths, which are the keys") {
  Folder folder;
  const Bytes png = encode_png(pattern(3, 3), {}), ppm = encode_pnm(pattern(3, 3));
  for (const char* name :
       {"b.png", "a/z.PNG", "a/B b.png", ".hidden.png", ".cache/x.png", "C.png", "twice.png", "a.txt"})
    folder.put(name, png);
  folder.put("twice.ppm", ppm);
  folder.put("a/y.jpeg", jpegs::kGrey);
  std::filesystem::create_directory_symlink("..", folder.path + "a/circle");
  CHECK(keys({folder.path}) == Texts{"C", "a/B_b", "a/y", "a/z", "b", "twice.png", "twice.ppm"});

  Reader reader({folder.path}, {});
  CHECK(reader.expected() == 7);
  const auto frame = reader.next();
  CHECK(frame->index == 0);
  CHECK(frame->total == 7);
  CHECK(frame->origin == folder.path + "C.png");
  CHECK(frame->image.u8 == pattern(3, 3).u8);
}

TEST_CASE("reader: files have their names as keys; other members of their comments are used") {
  Folder folder;
  const std::string path = folder.put("name.ppm", commented(R"(sr {"key":"other","i":9,"n":20,"class":4,"seed":8})"));
  Reader reader({path}, {});
  const auto frame = reader.next();
  CHECK(frame->key == "name");
  CHECK(frame->index == 0);
  CHECK(frame->total == 1);
  CHECK(frame->label == 4);
  CHECK(frame->seed == 8);
  CHECK_FALSE(reader.next());
  CHECK(reader.status() == kDone);
}

TEST_CASE("reader: images of a stream have the keys in their lines, or else running numbers") {
  Folder folder;
  const std::string named = folder.put("s.ppm", joined({commented(R"(sr {"key":"a","i":4,"n":2})"),
                                                        commented(R"(sr {"key":"b/c","i":5,"n":2,"x":1})")}));
  Reader reader({named}, {});
  CHECK_FALSE(reader.expected());
  auto frame = reader.next();
  CHECK(frame->key == "a");
  CHECK(frame->index == 4);
  CHECK(frame->total == 2);
  frame = reader.next();
  CHECK(frame->key == "b/c");
  CHECK(frame->extra == R"({"x":1})");
  CHECK(frame->origin == named + ", image 2");
  CHECK_FALSE(reader.next());

  const std::string bare = folder.put("t.ppm", joined({commented(""), commented("made by hand")}));
  CHECK(keys({named, bare}) == Texts{"a", "b/c", "000002", "000003"});
}

TEST_CASE("reader: a truncated stream is an error") {
  Folder folder;
  const Bytes line = commented(R"(sr {"key":"a","i":0,"n":3})");
  const std::string path = folder.put("s.ppm", joined({line, line}));
  Reader reader({path}, {});
  CHECK(reader.next());
  CHECK(reader.next());
  CHECK(error_of([&] { reader.next(); }) == cat("cannot read '", path, "': it ends after 2 of 3 images"));
  CHECK(keys({folder.put("t.ppm", joined({line, line, line}))}).size() == 3);
}

TEST_CASE("reader: keep_going skips damage and counts it") {
  Folder folder;
  folder.put("a.png", encode_png(pattern(3, 3), {}));
  folder.put("b.png", bytes("no PNG"));
  folder.put("c.jpg", {jpegs::kColour.begin(), jpegs::kColour.end() - 9});
  folder.put("d.ppm", encode_pnm(pattern(3, 3)));
  CHECK(error_of([&] { keys({folder.path}); }) == cat("'", folder.path, "b.png' is not an image of a known format"));
  ReaderOptions options;
  options.keep_going = true;
  Reader reader({folder.path}, options);
  auto frame = reader.next();
  CHECK(frame->key == "a");
  CHECK_FALSE(frame->total);  // unknown
  frame = reader.next();
  CHECK(frame->key == "d");
  CHECK(frame->index == 3);
  CHECK_FALSE(reader.next());
  CHECK(reader.skipped() == 2);
  CHECK(reader.status() == kSkipped);

  const std::string tar = folder.put(
      "x.tar", joined({tar_member("p.png", bytes("no PNG")), tar_member("q.jpg", jpegs::kGrey), Bytes(1024)}));
  const std::string cut = folder.put("y.tar", bytes("PK\3\4 no archive"));
  CHECK(keys({cut, tar, folder.path + "a.png"}, options) == Texts{"q", "a"});
}

TEST_CASE("reader: shards divide the images, and keep the index") {
  Folder folder;
  for (int i = 0; i < 7; ++i) folder.put(cat(i, ".ppm"), commented(""));
  Texts all;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    ReaderOptions options;
    options.shard = shard;
    Reader reader({folder.path}, options);
    int64_t count = 0;
    while (auto frame = reader.next()) {
      CHECK(frame->key == std::to_string(frame->index));
      CHECK(frame->total == reader.expected());
      all.push_back(frame->key);
      ++count;
    }
    CHECK(count == reader.expected());
  }
  CHECK(all == Texts{"0", "3", "6", "1", "4", "2", "5"});
  for (const char* bad : {"0/3", "4/3", "1", "a/b", "1/0", "/"}) {
    ReaderOptions options;
    options.shard = bad;
    CHECK_THROWS_AS(Reader({folder.path}, options), UsageError);
  }
}

TEST_CASE("reader: lists, archives and their errors") {
  Folder folder;
  const Bytes image = commented("");
  const std::string a = folder.put("cat/1.ppm", image), b = folder.put("dog/1.ppm", image);
  const std::string list = folder.put("list.txt", bytes(a + "\r\n\n" + b + "\n" + folder.path + "cat/"));
  const std::string base = clean_key(folder.path);
  CHECK(keys({"@" + list}) == Texts{base + "/cat/1", base + "/dog/1", "1"});
  const std::string tar =
      folder.put("a.data", joined({tar_member("./k/x.ppm", image), tar_member("../y.ppm", image), Bytes(1024)}));
  CHECK(keys({tar}) == Texts{"k/x", "__/y"});

  CHECK(error_of([] { keys({"/nonexistent/x"}); }) == "cannot open '/nonexistent/x': No such file or directory");
  std::filesystem::create_directory(folder.path + "empty");
  CHECK(error_of([&] { keys({folder.path + "empty"}); }) == cat("no images in '", folder.path, "empty'"));
  CHECK(error_of([&] { keys({folder.put("blank.txt", "")}); }) ==
        cat("cannot read '", folder.path, "blank.txt': empty"));
  CHECK(error_of([&] { keys({"@" + folder.path + "blank.txt"}); }) == cat("no images in '", folder.path, "blank.txt'"));
  const Quiet quiet;
  CHECK(keys({"/dev/null"}).empty());
}

TEST_CASE("reader: unread images do not delay the end") {
  Folder folder;
  const std::string pipe = folder.path + "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int writer = ::open(pipe.c_str(), O_RDWR);
  REQUIRE(writer >= 0);
  const Bytes image = commented("");
  REQUIRE(::write(writer, image.data(), image.size()) == static_cast<ssize_t>(image.size()));
  {
    Reader reader({pipe}, {});
    CHECK(reader.next());  // immediately, although the pipe stays open
  }                        // and the thread that waits for the second image is cancelled
  ::close(writer);
}

TEST_CASE("reader: many images on many threads stay in order") {
  Folder folder;
  Bytes stream;
  for (int i = 0; i < 300; ++i) append(stream, commented("", 1 + i % 50 * (i % 3)));
  const std::string path = folder.put("s.ppm", stream);
  for (const int64_t threads : {1, 8}) {
    ReaderOptions options;
    options.threads = threads;
    Reader reader({path}, options);
    int64_t i = 0;
    for (; auto frame = reader.next(); ++i) {
      CHECK(frame->index == i);
      CHECK(frame->image.width == 1 + i % 50 * (i % 3));
    }
    CHECK(i == 300);
  }
}

TEST_CASE("reader: the given work is applied to every frame; its errors count as damage") {
  Folder folder;
  for (int i = 0; i < 9; ++i) folder.put("0" + std::to_string(i) + ".ppm", encode_pnm(pattern(2 + i, 2)));
  const auto work = [](Frame& frame) {
    if (frame.image.width == 6) throw DataError("six");
    frame.extra = std::to_string(frame.image.width + frame.index);
  };
  Reader strict({folder.path}, {}, work);
  for (int i = 0; i < 4; ++i) CHECK(strict.next()->extra == std::to_string(2 + 2 * i));
  CHECK_THROWS_WITH_AS(strict.next(), "six", DataError);

  Quiet quiet;
  ReaderOptions options;
  options.keep_going = true;
  Reader lenient({folder.path}, options, work);
  int64_t frames = 0;
  while (const auto frame = lenient.next()) ++frames;
  CHECK(frames == 8);
  CHECK(lenient.skipped() == 1);
  CHECK(lenient.status() == kSkipped);
}

TEST_CASE("listing: images by number, in the order of the reader") {
  Folder folder;
  folder.put("a.png", encode_png(pattern(3, 3), {}));
  folder.put("b.jpg", joined({jpegs::kColour, bytes("a preview")}));
  folder.put("c.tar", joined({tar_member("k/m.jpg", jpegs::kGrey), Bytes(1024)}));
  const std::string stream = folder.put("d.ppm", joined({commented(""), commented("")}));
  const Listing listing({folder.path, folder.path + "c.tar", stream});
  Texts found;
  for (const auto& item : listing.items) found.push_back(item.key);
  CHECK(found == Texts{"a", "b", "d", "k/m", "000004", "000005"});
  CHECK(listing.load(1) == jpegs::kColour);
  CHECK(listing.load(3) == jpegs::kGrey);
  CHECK(listing.decode(0).u8 == pattern(3, 3).u8);
  CHECK(listing.decode(5).u8 == pattern(4, 3).u8);
  CHECK(error_of([&] { listing.load(2); }).find("more bytes after the image's end") != std::string::npos);
  CHECK(error_of([&] { Listing({stream}, {}, 60); }) ==
        cat("'", stream, "' holds more than 60 bytes of images; unpack it into a folder"));
}
