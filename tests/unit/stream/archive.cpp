#include "stream/archive.h"

#include <doctest/doctest.h>

#include "image/jpegs.h"
#include "image/pnm.h"
#include "stream/scratch.h"

using namespace sr3;
using namespace samples;

namespace {

const Bytes kEnd(1024);

Bytes sample_tar() {
  return joined({tar_member("photos/", {}, '5'), tar_member("photos/b.ppm", encode_pnm(pattern(4, 3))),
                 tar_member("photos/notes.txt", bytes("no image")), tar_member("photos/._b.ppm", bytes("no image")),
                 tar_member("photos/a.JPG", jpegs::kColour), kEnd});
}

}  // namespace

TEST_CASE("archive: images by extension, in the archive's order, without hidden names") {
  for (const size_t piece : {size_t{100}, SIZE_MAX}) {
    Memory source(sample_tar(), piece);
    Archive archive(source, {});
    auto member = archive.next();
    REQUIRE(member);
    CHECK(member->path == "photos/b.ppm");
    CHECK(member->origin == "memory:photos/b.ppm");
    CHECK(member->bytes == encode_pnm(pattern(4, 3)));
    member = archive.next();
    REQUIRE(member);
    CHECK(member->path == "photos/a.JPG");
    CHECK(member->bytes == jpegs::kColour);
    CHECK_FALSE(archive.next());
    CHECK_FALSE(archive.next());
  }
}

TEST_CASE("archive: a damaged member is an error, and the next call continues after it") {
  Memory source(joined({tar_member("a.png", bytes("not a PNG")), tar_member("b.ppm", encode_pnm(pattern(2, 2))),
                        tar_member("c.ppm", bytes("P6 3 3 255\nabc")), tar_member("d.jpg", jpegs::kGrey), kEnd}));
  Archive archive(source, {});
  CHECK(error_of([&] { archive.next(); }) == "'memory:a.png' is not an image of a known format");
  CHECK(archive.next()->path == "b.ppm");
  CHECK(error_of([&] { archive.next(); }) == "cannot read 'memory:c.ppm': truncated at byte 14");
  CHECK(archive.next()->path == "d.jpg");
  CHECK_FALSE(archive.next());
}

TEST_CASE("archive: truncation anywhere within a member is an error, once") {
  const Bytes whole = sample_tar();
  for (size_t n = 1; n + 1024 < whole.size(); n += 61) {
    CAPTURE(n);
    Memory source({whole.begin(), whole.begin() + n});
    int errors = 0, calls = 0;
    const std::string unknown = error_of([&] {
      Archive archive(source, {});
      for (bool more = true; more && calls < 10; ++calls)
        errors += !error_of([&] { more = archive.next().has_value(); }).empty();
    });
    CHECK(calls < 10);
    if (n < 512)
      CHECK(unknown.find("cannot read 'memory': unrecognized archive format at byte ") == 0);
    else if (n % 512 != 0)
      CHECK(errors == 1);
  }
}

TEST_CASE("archive: magic") {
  CHECK(is_archive(sample_tar()));
  CHECK(is_archive(Bytes{0x1f, 0x8b, 8}));
  CHECK(is_archive(bytes("PK\3\4")));
  CHECK_FALSE(is_archive(Bytes{}));
  CHECK_FALSE(is_archive(jpegs::kColour));
  CHECK_FALSE(is_archive(bytes("P6\n1 1\n255\nabc")));
}
