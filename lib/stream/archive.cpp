#include "stream/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "stream/gzip_source.h"
#include "stream/names.h"
#include "stream/splitter.h"

namespace sr3 {

namespace {

// An archive may unpack to kFreeBytes, or to kMaxRatio times its size: one compressor reduces real data by a factor of a
// thousand at most. Only one member is in memory, which may unpack to kFreeBytes, or to kMaxMemberRatio times its size.
constexpr int64_t kMaxRatio = 2000, kMaxMemberRatio = 200, kFreeBytes = int64_t{256} << 20;
// The compressed bytes from which nothing is unpacked, such as a name in the header of gzip: libarchive keeps them in memory.
constexpr int64_t kMaxFruitless = int64_t{16} << 20;

// The compressor of a file that begins with `head`, as a number of libarchive's; ARCHIVE_FILTER_NONE if it is not compressed.
int compressor(std::span<const uint8_t> head) {
  struct Magic {
    std::initializer_list<uint8_t> bytes;
    int filter;
  };
  static const Magic kMagic[] = {{{0x1f, 0x8b}, ARCHIVE_FILTER_GZIP},
                                 {{'B', 'Z', 'h'}, ARCHIVE_FILTER_BZIP2},
                                 {{0xfd, '7', 'z', 'X', 'Z'}, ARCHIVE_FILTER_XZ},
                                 {{0x28, 0xb5, 0x2f, 0xfd}, ARCHIVE_FILTER_ZSTD}};
  for (const auto& [bytes, filter] : kMagic)
    if (head.size() >= bytes.size() && std::equal(bytes.begin(), bytes.end(), head.begin())) return filter;
  return ARCHIVE_FILTER_NONE;
}

// Whether `head` is the header of a tar from before POSIX. It has no magic number, but a checksum: the sum of its bytes,
// where those of the checksum itself count as spaces.
bool is_old_tar(std::span<const uint8_t> head) {
  if (head.size() < 512 || head[0] == 0) return false;
  int sum = 0, held = 0;
  for (size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? ' ' : head[i];
  for (size_t i = 148; i < 156; ++i)
    if (head[i] >= '0' && head[i] <= '7') held = held * 8 + head[i] - '0';
  return held == sum;
}

// libarchive converts names to the locale's encoding. In the "C" locale, with which every program starts, it cannot: a zip's
// UTF-8 names would be lost, but a tar's are then returned as they are, whereas the conversion from UTF-8 to itself joins an
// accent that is a character of its own with the letter before it, and two names may become one.
class Utf8Names {
 public:
  explicit Utf8Names(bool wanted) : former_(wanted && utf8() ? ::uselocale(utf8()) : nullptr) {}
  ~Utf8Names() {
    if (former_) ::uselocale(former_);
  }
  Utf8Names(const Utf8Names&) = delete;

 private:
  static locale_t utf8() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
  }
  locale_t former_;
};

std::string reason_of(struct archive* handle) {
  const char* reported = archive_error_string(handle);
  std::string text = reported ? reported : "damaged archive";
  const auto letter = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.size() > 1 && !std::isupper(letter(1)))
    text[0] = static_cast<char>(std::tolower(letter(0)));  // but not that of "ZIP"
  return text;
}

}  // namespace

bool begins_as_zip(std::span<const uint8_t> head) {
  return head.size() >= 4 && head[0] == 'P' && head[1] == 'K' &&
         ((head[2] == 3 && head[3] == 4) || (head[2] == 5 && head[3] == 6));
}

bool is_archive(std::span<const uint8_t> head) {
  const auto at = [&](size_t offset, std::initializer_list<uint8_t> magic) {
    return head.size() >= offset + magic.size() && std::equal(magic.begin(), magic.end(), head.begin() + offset);
  };
  if (begins_as_image(head)) return false;
  // The end of a tar file without members.
  if (head.size() >= 512 && std::all_of(head.begin(), head.end(), [](uint8_t byte) { return byte == 0; })) return true;
  return at(257, {'u', 's', 't', 'a', 'r'}) || is_old_tar(head) || begins_as_zip(head) ||
         compressor(head) != ARCHIVE_FILTER_NONE;
}

struct Archive::Impl : Source {
  std::string origin, member;
  Limits limits;
  struct archive* handle = archive_read_new();
  std::unique_ptr<FileSource> file;  // the source of a compressed archive that is opened by its path
  std::unique_ptr<GzipSource> gzip;  // what the source contains, if it is compressed by gzip
  Source* source = nullptr;
  Bytes block = Bytes(size_t{1} << 16);
  size_t held = 0;             // bytes of the block that were read to find the compressor
  std::exception_ptr failure;  // of the source, kept because an exception must not pass through libarchive's C code
  int64_t packed = 0;          // bytes of the archive read so far
  int64_t unpacked = 0;        // bytes of members so far, which the filters do not count: those of a zip, and holes
  int64_t begin = 0;           // position in the archive at which the member begins
  int64_t size = 0;            // bytes of the member so far
  int64_t fruitless = 0, position = 0;  // bytes read since the unpacked position changed; this position
  bool compressed = false, zip = false;
  bool over = false;
  OtherImages others;

  explicit Impl(const std::string& name, const Limits& given) : origin(name), limits(given) {
    if (!handle) throw std::bad_alloc();
    archive_read_support_format_tar(handle);
    // `cat a.tar b.tar` holds the members of both; without this, those of b.tar would be left out silently.
    archive_read_set_format_option(handle, "tar", "read_concatenated_archives", "1");
    archive_read_support_format_zip(handle);
  }

  // Opens the source. If it is compressed, then by one compressor: libarchive would look for further ones in what the first
  // unpacks, up to 25 of them.
  void open() {
    while (held < 8) {
      const size_t got = source->read(block.data() + held, block.size() - held);
      if (got == 0) break;
      held += got;
    }
    const int filter = compressor({block.data(), held});
    compressed = filter != ARCHIVE_FILTER_NONE;
    zip = begins_as_zip({block.data(), held});
    if (filter == ARCHIVE_FILTER_GZIP) {
      gzip = std::make_unique<GzipSource>(*source, std::span<const uint8_t>(block.data(), std::exchange(held, 0)));
      source = gzip.get();
    } else if (compressed && archive_read_append_filter(handle, filter) < ARCHIVE_WARN) {
      fail();
    }
    if (archive_read_open(handle, this, nullptr, feed, nullptr) != ARCHIVE_OK) fail();
  }
  ~Impl() override { archive_read_free(handle); }

  // Throws the error of the archive itself, after which it is not read any further.
  [[noreturn]] void fail() {
    over = true;
    if (failure) std::rethrow_exception(failure);
    measure();
    const char* const once =
        compressed && archive_format(handle) == 0 ? " (it may be damaged, or compressed more than once)" : "";
    throw DataError(cat("cannot read '", origin, "': ", reason_of(handle), once, " at byte ", packed));
  }

  // Bytes of the archive read so far. libarchive does not report its position any longer after the end.
  int64_t taken() const { return gzip ? gzip->packed() : archive_filter_bytes(handle, -1); }
  void measure() { packed = std::max(packed, taken()); }

  void check_progress(int64_t got) {
    const int64_t now = archive_filter_bytes(handle, 0);
    fruitless = now == position ? fruitless + got : got;
    position = now;
    if (fruitless > kMaxFruitless)
      throw DataError(cat("cannot read '", origin, "': nothing can be unpacked from ", fruitless, " bytes of it"));
  }

  void check_ratio() {
    measure();
    const int64_t plain = std::max<int64_t>(unpacked, archive_filter_bytes(handle, 0));
    if (plain > kFreeBytes && plain / kMaxRatio > packed) {
      over = true;
      throw DataError(
          cat("cannot read '", origin, "': unpacks to more than ", kMaxRatio, " times its size at byte ", packed));
    }
  }

  // Reads the current member. Damage to it alone, such as a wrong checksum in a zip, leaves the others readable.
  size_t read(uint8_t* to, size_t n) override {
    const la_ssize_t got = archive_read_data(handle, to, n);
    if (got == ARCHIVE_FATAL) fail();
    if (got < 0) throw DataError(cat("cannot read '", member, "': ", reason_of(handle)));
    unpacked += got;
    size += got;
    check_ratio();
    if (size > kFreeBytes && size / kMaxMemberRatio > taken() - begin)
      throw DataError(
          cat("cannot read '", member, "': unpacks to more than 256 MiB and ", kMaxMemberRatio, " times its size"));
    return static_cast<size_t>(got);
  }
  const std::string& name() const override { return member; }

  // Skips the rest of the current member: block by block, because libarchive's own skipping has no bound, and blocks do
  // not contain the holes of sparse files. Damage to a skipped member is ignored, unless it is damage to the archive.
  void skip_rest() {
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    int status = ARCHIVE_OK;
    while ((status = archive_read_data_block(handle, &block, &size, &offset)) == ARCHIVE_OK) {
      unpacked += static_cast<int64_t>(size);
      check_ratio();
    }
    if (status == ARCHIVE_FATAL) fail();
  }

  // Reads what follows the image in its member, so that the checksum at its end is verified; at most kFreeBytes, because
  // the hole of a sparse file may be endless.
  void read_rest() {
    uint8_t waste[4096];
    for (int64_t rest = 0; rest < kFreeBytes;) {
      const size_t got = read(waste, sizeof waste);
      if (got == 0) return;
      rest += static_cast<int64_t>(got);
    }
  }

  static la_ssize_t feed(struct archive* handle, void* self, const void** bytes) {
    auto& impl = *static_cast<Impl*>(self);
    try {
      *bytes = impl.block.data();
      const size_t held = std::exchange(impl.held, 0);
      const size_t got = held > 0 ? held : impl.source->read(impl.block.data(), impl.block.size());
      impl.check_progress(static_cast<int64_t>(got));
      return static_cast<la_ssize_t>(got);
    } catch (...) {
      impl.failure = std::current_exception();
    }
    archive_set_error(handle, EIO, "read failed");
    return ARCHIVE_FATAL;
  }
};

Archive::Archive(Source& source, const Limits& limits) : impl_(std::make_unique<Impl>(source.name(), limits)) {
  impl_->source = &source;
  impl_->open();
}

Archive::Archive(const std::string& path, const Limits& limits)
    : impl_(std::make_unique<Impl>(path == "-" ? "standard input" : path, limits)) {
  const std::string file = path == "-" ? "/dev/stdin" : path;
  impl_->file = std::make_unique<FileSource>(file);
  uint8_t head[8];
  const size_t got = impl_->file->read(head, sizeof head);
  if (compressor({head, got}) == ARCHIVE_FILTER_NONE) {  // by its path libarchive can seek in it
    impl_->zip = begins_as_zip({head, got});
    if (archive_read_open_filename(impl_->handle, file.c_str(), size_t{1} << 16) != ARCHIVE_OK) impl_->fail();
    return;
  }
  std::copy_n(head, got, impl_->block.begin());
  impl_->held = got;
  impl_->source = impl_->file.get();
  impl_->open();
}

Archive::~Archive() = default;

std::optional<Archive::Member> Archive::next() {
  Impl& impl = *impl_;
  const Utf8Names names(impl.zip);
  while (!impl.over) {
    if (!impl.member.empty()) impl.skip_rest();
    impl.member.clear();
    struct archive_entry* entry = nullptr;
    const int status = archive_read_next_header(impl.handle, &entry);
    if (status == ARCHIVE_EOF) {
      if (const std::string skipped = impl.others.text(); !skipped.empty())
        warn(cat("'", impl.origin, "': skipping ", skipped));
      break;
    }
    // ARCHIVE_RETRY: what is here is no header, such as other bytes after the end of a tar.
    if (status < ARCHIVE_WARN || status == ARCHIVE_RETRY) impl.fail();
    impl.check_ratio();
    impl.begin = impl.taken();
    impl.size = 0;
    const char* path = archive_entry_pathname(entry);
    if (!path) path = archive_entry_pathname_utf8(entry);
    impl.member = cat(impl.origin, ":", path ? path : "?");
    if (!path) throw DataError(cat("cannot read '", impl.member, "': the encoding of the member's name is unknown"));
    if (archive_entry_filetype(entry) != AE_IFDIR) impl.others.add(path);
    if (!is_image_name(path)) continue;
    const char* target = archive_entry_hardlink(entry);
    if (!target && archive_entry_filetype(entry) == AE_IFLNK) target = archive_entry_symlink(entry);
    if (target)
      throw DataError(cat("cannot read '", impl.member, "': it is a link to '", target,
                          "', and links in archives are not followed; pack with tar --hard-dereference -h"));
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    Member member{read_single(impl, impl.limits), path, impl.member};
    impl.read_rest();
    return member;
  }
  impl.over = true;
  return std::nullopt;
}

}  // namespace sr3
