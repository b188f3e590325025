#include "stream/reader.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "base/signals.h"
#include "cli/shared.h"
#include "image/peek.h"
#include "stream/input.h"
#include "stream/listing.h"
#include "stream/shard.h"
#include "stream/workers.h"

namespace sr3 {

void ReaderOptions::declare(Options& options) {
  options.group(groups::kInput);
  options.add("keep-going", 0, &keep_going, "skip damaged images, and exit with status 3");
  options.add("max-pixels", 0, &max_pixels, "N", at_least(1), "refuse images with more pixels");
  options.add("shard", 0, &shard, "I/N", "process only every N-th image, starting with the I-th");
  cli::declare_threads(options, &threads);
}

void ReaderOptions::declare_alpha(Options& options) {
  transparency = Transparency::kKeep;
  options.group(groups::kInput);
  options.add(
      {"alpha", 0, "keep|white|drop", "what becomes of transparency", "keep", false, [this](const std::string& given) {
         if (given == "keep")
           transparency = Transparency::kKeep;
         else if (given == "white")
           transparency = Transparency::kOverWhite;
         else if (given == "drop")
           transparency = Transparency::kDrop;
         else
           throw UsageError(cat("'", given, "' is not one of keep|white|drop"));
       }});
}

namespace {

// Images read and decoded ahead of the caller may take this much memory, and one more is always worked on. The memory for
// an image is known from its header before it is decoded.
constexpr size_t kMaxAhead = size_t{512} << 20;

// An entry of the queue, which is in the order of the input: an image being decoded, or the end of a stream.
struct Entry {
  std::future<Frame> frame;
  std::optional<int64_t> ended;  // the number of images in a stream that has ended
  std::string name;              // of the stream
};

}  // namespace

struct Reader::Impl {
  const ReaderOptions options;
  const Limits limits;
  const Shard shard;
  const std::vector<Part> parts;
  const std::function<void(Frame&)> work;
  std::optional<int64_t> known;  // number of images; unknown with streams and archives

  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Entry> queue;
  bool fetched = false, stop = false;
  size_t memory = 0;             // bytes of images ahead of the caller, encoded and decoded
  int64_t queued = 0, next = 0;  // entries put into the queue, and taken by the caller
  std::exception_ptr failure;    // of the fetching thread

  Interrupt interrupt;
  Workers workers;
  std::thread fetcher;
  std::optional<int64_t> declared;  // "n" of the current stream
  int64_t ordinal = 0;              // next image's, counted by the fetching thread
  int64_t delivered = 0, skipped = 0;

  Impl(const std::vector<std::string>& operands, const ReaderOptions& given, std::function<void(Frame&)> each)
      : options(given),
        limits{given.max_pixels},
        shard(given.shard),
        parts(expand_operands(operands)),
        work(std::move(each)),
        workers(given.threads) {
    if (std::all_of(parts.begin(), parts.end(), [](const Part& part) { return part.kind == Part::kImage; }))
      known = static_cast<int64_t>(parts.size());
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    wake.notify_all();
    interrupt.raise();
    if (fetcher.joinable()) fetcher.join();
  }

  void put(Entry entry) {
    std::unique_lock lock(mutex);
    wake.wait(lock, [&] { return stop || queue.size() < 4 * workers.size(); });  // failed entries, too, are limited
    if (stop) throw Interrupted();
    queue.push_back(std::move(entry));
    ++queued;
    wake.notify_all();
  }

  // Queues the error of a damaged image, or of a stream that is damaged from here on.
  void put_failure(std::exception_ptr error) {
    std::promise<Frame> broken;
    broken.set_exception(error);
    put({broken.get_future(), std::nullopt, ""});
  }

  // The memory that the work on one image takes, as counted in `memory`.
  struct Held {
    int64_t number;
    size_t bytes;
  };

  // Waits until there is room for `bytes` more. Work is started in order, so the caller's next image never waits for one
  // that waits here.
  void hold(Held& held, size_t bytes) {
    std::unique_lock lock(mutex);
    wake.wait(lock, [&] { return stop || held.number <= next || memory + bytes <= kMaxAhead; });
    if (stop) throw Interrupted();
    memory += bytes;
    held.bytes += bytes;
  }

  // Queues the work of `make`, which decodes an image, on a worker. The fetching thread waits here until there is room.
  template <class Make>
  void put_work(size_t encoded, Make make) {
    int64_t number;
    {
      std::unique_lock lock(mutex);
      wake.wait(lock, [&] {
        return stop || queue.empty() || (queue.size() < 2 * workers.size() && memory + encoded <= kMaxAhead);
      });
      if (stop) throw Interrupted();
      memory += encoded;
      number = queued;
    }
    put({workers.submit([this, number, encoded, make = std::move(make)] {
           Held held{number, encoded};
           Frame frame;
           std::exception_ptr error;
           try {
             hold(held, 0);
             frame = make(held);
             if (work) work(frame);
           } catch (...) {
             error = std::current_exception();
           }
           const std::lock_guard lock(mutex);
           if (!error) memory += bytes_of(frame.image);
           memory -= held.bytes;
           wake.notify_all();
           if (error) std::rethrow_exception(error);
           return frame;
         }),
         std::nullopt, ""});
  }

  // Decodes `bytes` into the frame, whose origin is set already.
  void decode_into(Frame& frame, const Bytes& bytes, Held& held) {
    if (const auto size = peek_size(bytes)) {
      const auto [width, height] = *size;
      if (width > 0 && height > 0 && height <= limits.max_pixels / width)
        hold(held, static_cast<size_t>(width * height) * Image::kChannels);
    }
    frame.image = decode(bytes, frame.origin, limits, options.transparency);
    frame.profile = std::move(frame.image.profile);
    frame.exif = std::move(frame.image.exif);
    frame.lossy = sniff(bytes, frame.origin) == Format::kJpeg;
  }

  void fetch_file(const Part& part) {
    const int64_t index = ordinal++;
    if (!shard.has(index)) return;
    put_work(0, [this, &part, index](Held& held) {
      Frame frame;
      frame.origin = part.path;
      frame.ordinal = index;
      decode_into(frame, load_file(part.path, limits), held);
      apply_comment(frame, frame.image.comment);
      // Key and position of a file come from where it was found, not from its comment.
      frame.key = part.key.empty() ? number_key(index) : part.key;
      frame.index = index;
      frame.total = known ? std::optional(shard.of(*known)) : std::nullopt;
      return frame;
    });
  }

  void fetch_sequence(const Part& part) {
    int64_t count = 0;
    Sequence sequence(part, limits, &interrupt);
    for (;; ++count) {
      std::optional<Encoded> encoded;
      try {
        encoded = sequence.next();
      } catch (const DataError&) {
        ++ordinal;
        put_failure(std::current_exception());
        continue;
      }
      if (!encoded) break;
      const int64_t index = ordinal++;
      if (!shard.has(index)) continue;
      auto image = std::make_shared<Encoded>(std::move(*encoded));
      put_work(image->bytes.size(), [this, image, index](Held& held) {
        Frame frame;
        frame.key = number_key(index);
        frame.index = frame.ordinal = index;
        frame.origin = image->origin;
        decode_into(frame, std::exchange(image->bytes, {}), held);
        apply_comment(frame, frame.image.comment);
        if (!image->key.empty()) {  // the member of an archive, like a file
          frame.key = image->key;
          frame.index = index;
          frame.total.reset();
        }
        return frame;
      });
    }
    put({{}, count, sequence.name()});
  }

  void fetch() {
    try {
      for (const Part& part : parts) {
        if (part.kind == Part::kImage)
          fetch_file(part);
        else
          fetch_sequence(part);
      }
    } catch (const Interrupted&) {
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    fetched = true;
    wake.notify_all();
  }

  // A program that handles signals must not wait for a slow stream, and one that the same signal ended is not complete.
  void check_signals() const { StopSignals::check(cat(delivered, delivered == 1 ? " image" : " images")); }

  std::optional<Entry> take() {
    if (!fetcher.joinable()) fetcher = std::thread([this] { fetch(); });
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, std::chrono::milliseconds(100), [&] { return fetched || !queue.empty(); }))
      check_signals();
    if (queue.empty()) {
      check_signals();
      if (failure) std::rethrow_exception(failure);
      return std::nullopt;
    }
    Entry entry = std::move(queue.front());
    queue.pop_front();
    return entry;
  }

  // The caller has the image it waited for: the next one may be worked on, however much memory the others take.
  void taken(size_t bytes) {
    const std::lock_guard lock(mutex);
    ++next;
    memory -= bytes;
    wake.notify_all();
  }

  // Rethrows the error; with keep_going, reports it and counts a skipped image.
  void skip(const DataError& error) {
    if (!options.keep_going) throw error;
    sr3::error(error.what());
    ++skipped;
  }

  void end_stream(const Entry& entry) {
    const std::optional<int64_t> promised = std::exchange(declared, std::nullopt);
    if (*entry.ended == 0) warn(cat("'", entry.name, "' holds no images"));
    if (promised && *entry.ended < *promised)
      skip(
          DataError(cat("cannot read '", entry.name, "': it ends after ", *entry.ended, " of ", *promised, " images")));
  }
};

Reader::Reader(const std::vector<std::string>& operands, const ReaderOptions& options, std::function<void(Frame&)> work)
    : impl_(std::make_unique<Impl>(operands, options, std::move(work))) {}

Reader::~Reader() = default;

std::optional<Frame> Reader::next() {
  Impl& impl = *impl_;
  while (auto entry = impl.take()) {
    try {
      if (entry->ended) {
        impl.taken(0);
        impl.end_stream(*entry);
        continue;
      }
      Frame frame;
      try {
        frame = entry->frame.get();
      } catch (...) {
        impl.taken(0);
        throw;
      }
      impl.taken(bytes_of(frame.image));
      if (!impl.known && frame.total) {
        impl.declared = std::max(impl.declared.value_or(0), *frame.total);
        frame.total = impl.parts.size() == 1 ? std::optional(impl.shard.of(*frame.total)) : std::nullopt;
      }
      if (impl.options.keep_going) frame.total.reset();  // some may be skipped
      ++impl.delivered;
      return frame;
    } catch (const DataError& error) {
      impl.check_signals();
      impl.skip(error);
    }
  }
  return std::nullopt;
}

std::optional<int64_t> Reader::expected() const {
  return impl_->known ? std::optional(impl_->shard.of(*impl_->known)) : std::nullopt;
}

int64_t Reader::skipped() const { return impl_->skipped; }

int64_t Reader::total() const { return impl_->ordinal; }

int Reader::status() const { return impl_->skipped ? kSkipped : kDone; }

}  // namespace sr3
