#include "stream/writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/history.h"
#include "base/interruption.h"
#include "base/log.h"
#include "base/options.h"
#include "image/alpha.h"
#include "image/codec.h"
#include "image/exif.h"
#include "image/icc_profile.h"
#include "stream/names.h"
#include "stream/operands.h"
#include "stream/workers.h"

namespace sr3 {

namespace {

bool is_folder(const std::string& output) {
  if (output.empty() || output == "-") return false;
  struct stat status;
  if (::stat(output.c_str(), &status) == 0) return S_ISDIR(status.st_mode);
  return output.ends_with('/') || extension_of(output).empty();
}

}  // namespace

void WriterOptions::declare(Options& options) {
  options.group(groups::kOutput);
  options.add("output", 'o', &output, "OUT", "DIR, FILE.png, FILE.jpg, FILE.ppm, or - for a stream of images");
  options.add({"depth", 0, "8|16", "bits per sample", std::to_string(depth), false, [this](const std::string& given) {
                 if (given != "8" && given != "16") throw UsageError(cat("'", given, "' is not one of 8|16"));
                 depth = given == "8" ? 8 : 16;
                 depth_given = true;
               }});
  options.add("png-level", 0, &png_level, "N", within(0, 9),
              cat("compression of PNG files; 0: none, 9: slowest; default: ", EncodeOptions{}.png_level));
}

void WriterOptions::declare_skip_existing(Options& options) {
  can_skip_existing = true;
  options.add("skip-existing", 0, &skip_existing, "skip what is already in the output folder");
}

void WriterOptions::declare_keep_exif(Options& options) {
  options.add("keep-exif", 0, &keep_exif, "keep EXIF data, such as time and place, in PNG and JPEG");
}

void WriterOptions::validate() const {
  if (skip_existing && !is_folder(output)) throw UsageError("--skip-existing needs a folder: -o DIR/");
}

namespace {

// Images encoded or waiting may take this much memory, unless it is a single one.
constexpr size_t kMaxPending = size_t{512} << 20;

// Not through stdio: an image must not stay in a buffer, because a program waits for it at the other end.
void write_stdout(const Bytes& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t put = ::write(STDOUT_FILENO, bytes.data() + at, bytes.size() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw Error(cat("cannot write 'standard output': ", std::strerror(errno)));
    at += static_cast<size_t>(put);
  }
}

using Place = std::pair<dev_t, ino_t>;

std::optional<Place> place_of(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Place{status.st_dev, status.st_ino};
}

// Of the file that standard input is, as in `program < FILE`.
std::optional<Place> place_of_stdin() {
  struct stat status;
  if (::fstat(STDIN_FILENO, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return Place{status.st_dev, status.st_ino};
}

// The next three refuse outputs that would overwrite inputs, or one another. For images of streams and archives that is not
// known in advance.
void refuse_inputs(const std::string& folder, const std::vector<std::string>& inputs) {
  const auto here = place_of(folder);
  for (const std::string& input : inputs)
    if (here && place_of(input) == here)
      throw UsageError(
          cat("-o: '", folder, "' is also an input, whose images would be overwritten; name another folder"));
}

void refuse_inputs(const std::string& folder, const std::vector<Part>& parts) {
  std::map<std::string, const Part*> keys;
  std::set<Place> read;
  for (const Part& part : parts) {
    if (part.kind != Part::kImage) continue;
    if (const auto place = place_of(part.path)) read.insert(*place);
    if (const auto [at, added] = keys.emplace(part.key, &part); !added)
      throw Error(cat("cannot write the results of '", at->second->path, "' and of '", part.path, "': both would be '",
                      folder, part.key, ".png'; give the folder above them, or a list of files"));
  }
  for (const auto& [key, part] : keys)
    if (const auto place = place_of(folder + key + ".png"); place && read.contains(*place))
      throw UsageError(
          cat("-o: '", folder, key, ".png' is also an input, and would be overwritten; name another folder"));
}

void refuse_input(const std::string& output, const std::vector<std::string>& inputs) {
  const auto here = place_of(output);
  if (!here) return;
  bool read = here == place_of_stdin();
  for (const std::string& input : inputs) read = read || (input.starts_with('@') && place_of(input.substr(1)) == here);
  for (const Part& part : known_parts(inputs)) read = read || place_of(part.path) == here;
  if (read) throw UsageError(cat("-o: '", output, "' is also an input, and would be overwritten; name another file"));
}

std::optional<Format> format_of(const std::string& path) {
  const std::string extension = extension_of(path);
  if (extension == "png") return Format::kPng;
  if (extension == "jpg" || extension == "jpeg") return Format::kJpeg;
  if (extension == "ppm" || extension == "pnm") return Format::kPnm;
  return std::nullopt;
}

// A new name with another ending, such as "run.2", is a folder where several images are known to come.
bool holds_several(const std::string& output, const std::vector<std::string>& inputs) {
  if (output.empty() || output == "-" || format_of(output)) return false;
  if (is_image_name(output) || is_other_image_name(output) || place_of(output)) return false;
  int64_t images = 0;
  for (const Part& part : known_parts(inputs)) images += part.kind == Part::kArchive ? 2 : part.kind == Part::kImage;
  return images > 1;
}

}  // namespace

struct Writer::Impl {
  enum class Kind { kStream, kFolder, kFile };
  const WriterOptions options;
  Kind kind = Kind::kStream;
  Format format = Format::kPnm;
  std::string folder;
  EncodeOptions encoding;
  std::set<std::string> keys;
  int64_t written = 0, skipped = 0;
  bool warned_of_depth = false, warned_of_alpha = false, warned_of_profile = false;
  bool closed = false;
  const std::optional<Place> stdin_place = place_of_stdin();
  Bytes single;  // the single file's content, written at the end, when nothing else can fail

  struct Entry {
    std::future<Bytes> bytes;
    size_t memory;
  };
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Entry> queue;
  size_t pending = 0;
  bool over = false;
  std::exception_ptr failure;
  Workers workers;
  std::thread thread;  // takes finished images in order

  Impl(const WriterOptions& given, const std::vector<std::string>& inputs) : options(given), workers(given.threads) {
    const bool folder_named = is_folder(options.output) || holds_several(options.output, inputs);
    if (!folder_named) options.validate();
    if (options.png_level) encoding.png_level = static_cast<int>(*options.png_level);
    encoding.software = cat("sr3-cdm ", kVersion);
    const std::string& output = options.output;
    if (output == "-") {
      check_stdout();
      if (::isatty(STDOUT_FILENO))
        throw UsageError("images are not written to a terminal: use -o DIR/, -o FILE, or a pipe");
    } else if (folder_named) {
      kind = Kind::kFolder;
      format = Format::kPng;
      folder = output.ends_with('/') ? output : output + "/";
      refuse_inputs(folder, inputs);
      refuse_inputs(folder, known_parts(inputs));
      make_folder(folder);
      note_way_on(cat("what is in '", folder, "' is complete",
                      options.can_skip_existing ? ", and --skip-existing goes on from there" : ""));
    } else {
      kind = Kind::kFile;
      const auto named = format_of(output);
      if (!named)
        throw UsageError(
            cat("-o: '", output, "' names neither a folder (with a slash at its end) nor a .png, .jpg or .ppm file"));
      format = *named;
      if (format == Format::kJpeg && options.depth == 16) throw UsageError("--depth 16: JPEG holds 8 bits only");
      refuse_input(output, inputs);
      check_writable(output);
    }
    if (options.png_level && format != Format::kPng)
      throw UsageError(cat("--png-level: it is for PNG files, and '", output, "' is ",
                           kind == Kind::kStream ? "a stream of PNM images" : "another kind"));
    if (options.keep_exif && format == Format::kPnm)
      throw UsageError("--keep-exif: PNM images hold no EXIF data; write a folder, a .png or a .jpg file");
    thread = std::thread([this] { drain(); });
  }

  ~Impl() { finish(); }

  void finish() {
    {
      const std::lock_guard lock(mutex);
      over = true;
    }
    wake.notify_all();
    if (thread.joinable()) thread.join();
  }

  void drain() {
    for (;;) {
      Entry entry;
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return over || !queue.empty(); });
        if (queue.empty()) return;
        entry = std::move(queue.front());
        queue.pop_front();
      }
      std::exception_ptr error;
      try {
        Bytes bytes = entry.bytes.get();
        if (kind == Kind::kStream) write_stdout(bytes);
        if (kind == Kind::kFile) single = std::move(bytes);
      } catch (...) {
        error = std::current_exception();
      }
      const std::lock_guard lock(mutex);
      pending -= entry.memory;
      if (error) {
        failure = error;
        over = true;
      }
      wake.notify_all();
      if (error) return;
    }
  }

  void check_failure() {
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  }

  // A file that is named .ppm has no alpha; in a stream such images are PAM.
  bool holds_alpha() const { return format == Format::kPng || kind == Kind::kStream; }

  void warn_of_losses(const Frame& frame) {
    if (!frame.image.alpha.empty() && !holds_alpha() && !std::exchange(warned_of_alpha, true))
      warn(cat("'", frame.origin, "' has transparency, which '", options.output,
               "' cannot hold: it is laid over white (PNG keeps it)"));
    if (format == Format::kPnm && !is_srgb(frame.profile) && !std::exchange(warned_of_profile, true))
      warn(cat("'", frame.origin, "' has a colour profile, which ", kind == Kind::kStream ? "a stream" : "PPM",
               " cannot hold: its colours may change (PNG and JPEG keep it)"));
  }

  void check_exif(const Frame& frame) {
    if (options.keep_exif && format == Format::kJpeg && frame.exif.size() > kMaxJpegExif)
      warn(
          cat("'", frame.origin, "' has ", frame.exif.size(), " bytes of EXIF data, which JPEG cannot hold (PNG can)"));
  }

  // Runs on a worker. Files of a folder are written here, too, and thus in parallel.
  Bytes encode_frame(Frame& frame) {
    if (frame.image.depth != options.depth) frame.image = with_depth(frame.image, static_cast<int>(options.depth));
    if (!holds_alpha()) frame.image = over_white(std::move(frame.image));
    frame.image.profile = std::move(frame.profile);
    if (options.keep_exif) {
      frame.image.exif = std::move(frame.exif);
      describe_upright(frame.image.exif, frame.image.width, frame.image.height);
    }
    frame.image.comment = frame_comment(frame);
    Bytes bytes;
    try {
      bytes = encode(frame.image, format, encoding);
    } catch (const Error& error) {
      throw Error(cat("cannot write '", frame.origin, "' to '", options.output, "': ", error.what()));
    }
    if (kind != Kind::kFolder) return bytes;
    const std::string path = folder + frame.key + ".png";
    if (stdin_place && place_of(path) == stdin_place)
      throw Error(cat("cannot write '", path, "': it is the file that is standard input"));
    if (frame.key.find('/') != std::string::npos) make_folder(directory_of(path));
    write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return {};
  }
};

Writer::Writer(const WriterOptions& options, const std::vector<std::string>& inputs)
    : impl_(std::make_unique<Impl>(options, inputs)) {}

Writer::~Writer() = default;

void Writer::expect(int64_t images) const {
  if (images > 1 && impl_->kind == Impl::Kind::kFile)
    throw UsageError(
        cat("-o: '", impl_->options.output, "' holds one image, but ", images, " will be written; use -o DIR/"));
}

void Writer::warn_of_lost_depth(const Image& image) {
  const WriterOptions& options = impl_->options;
  if (image.depth <= options.depth || options.depth_given || std::exchange(impl_->warned_of_depth, true)) return;
  warn(impl_->format == Format::kJpeg
           ? "16 bits per sample become 8, as JPEG holds no more (PNG and PPM do, with --depth 16)"
           : "16 bits per sample become 8 (--depth 16 keeps them, --depth 8 ends this warning)");
}

void Writer::write(Frame frame) {
  Impl& impl = *impl_;
  warn_of_lost_depth(frame.image);
  impl.warn_of_losses(frame);
  impl.check_exif(frame);
  frame.key = clean_key(frame.key);
  if (frame.key.empty()) frame.key = number_key(frame.index);
  if (impl.kind == Impl::Kind::kFile && impl.written > 0)
    throw Error(
        cat("cannot write '", frame.origin, "' to '", impl.options.output, "': it holds one image; use -o DIR/"));
  if (impl.kind == Impl::Kind::kFolder && !impl.keys.insert(frame.key).second)
    throw Error(cat("cannot write '", frame.origin, "': '", impl.folder, frame.key,
                    ".png' has already been written for another image"));
  // Only a stream states the number of its images.
  if (impl.kind != Impl::Kind::kStream) frame.total.reset();
  ++impl.written;

  const size_t memory = 2 * bytes_of(frame.image);
  std::unique_lock lock(impl.mutex);
  impl.wake.wait(lock, [&] {
    return impl.failure || impl.over || impl.pending == 0 ||
           (impl.pending + memory <= kMaxPending && impl.queue.size() < 2 * impl.workers.size());
  });
  impl.check_failure();
  if (impl.over) throw Error(cat("cannot write '", frame.origin, "': the output has been closed"));
  impl.pending += memory;
  auto shared = std::make_shared<Frame>(std::move(frame));
  impl.queue.push_back({impl.workers.submit([&impl, shared] { return impl.encode_frame(*shared); }), memory});
  impl.wake.notify_all();
}

bool Writer::skips(const std::string& key) {
  if (!impl_->options.skip_existing) return false;
  struct stat status;
  // An empty file holds no image: another program began one, or reserved the name.
  const bool there = ::stat((impl_->folder + clean_key(key) + ".png").c_str(), &status) == 0 && status.st_size > 0;
  impl_->skipped += there;
  return there;
}

void Writer::close() {
  Impl& impl = *impl_;
  if (impl.closed) return;
  impl.closed = true;
  impl.finish();
  impl.check_failure();
  if (impl.skipped > 0)
    info(cat("skipped ", impl.skipped, impl.skipped == 1 ? " image that is" : " images that are", " already in '",
             impl.folder, "'; ", impl.written, impl.written == 1 ? " is new" : " are new"));
  if (impl.kind != Impl::Kind::kFile) return;
  // Whoever names a file relies on it: `... -o a.png && open a.png`.
  if (impl.written == 0) throw Error(cat("cannot write '", impl.options.output, "': there is no image to write"));
  write_file(impl.options.output, {reinterpret_cast<const char*>(impl.single.data()), impl.single.size()});
}

}  // namespace sr3
