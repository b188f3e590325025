#include "parallel/process_group.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/cores.h"
#include "base/log.h"
#include "base/options.h"
#include "format/json.h"
#include "tensor/aten.h"

namespace sr3 {

namespace {

constexpr int64_t kBuffer = int64_t{1} << 22;  // floats in a message, at least while a tensor has them: 16 MiB

double clock_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Of numbers that two processes sum, the half of this one, and that of the other.
std::pair<Span, Span> halves(const Span& all, bool upper) {
  const int64_t middle = all.begin + all.size() / 2;
  const Span low{all.begin, middle}, high{middle, all.end};
  return upper ? std::pair(high, low) : std::pair(low, high);
}

bool is_power_of_two(int64_t n) { return n > 0 && (n & (n - 1)) == 0; }

}  // namespace

void ParallelOptions::declare(Options& options) {
  options.group(groups::kRunning);
  options.add({"timeout", 0, "TIME", "of many processes: end when one does not answer for so long", "30m", false,
               [this](const std::string& given) {
                 timeout = parse_duration(given);
                 if (timeout < 1) throw UsageError(cat("'", given, "' is less than a second"));
               }});
}

ProcessGroup::ProcessGroup(int64_t rank, int64_t size, std::unique_ptr<Link> link)
    : rank_(rank), size_(size), link_(std::move(link)) {}

int64_t ProcessGroup::threads(int64_t given) const {
  if (given != 0 || size_ == 1) return given;
  // A batch system may have bound each process to cores of its own.
  const int64_t share = std::thread::hardware_concurrency() / link_->on_this_machine();
  return std::clamp<int64_t>(share, 1, usable_cores());
}

void ProcessGroup::use_device(const at::Device& device) {
  if (size_ == 1 || !device_.is_cpu()) return;  // a cascade's stages are trained in turn, by the same connections
  const std::vector<std::string> all = gather(link_->can_use(device) ? cat(link_->computer(), " ", device.str()) : "");
  const std::set<std::string> distinct(all.begin(), all.end());
  if (distinct.size() == all.size() && !distinct.contains("")) {
    link_->use_device(device);
    device_ = device;
  } else if (!device.is_cpu()) {
    debug("gradients are exchanged by the CPU: the processes do not have a GPU each that NCCL connects");
  }
}

void ProcessGroup::exchange(int64_t process, const at::Tensor& out, const at::Tensor& in) {
  const double begin = clock_seconds();
  try {
    link_->exchange(process, out, in);
  } catch (const LostProcess& lost) {
    if (lost_.empty()) lost_ = lost.what();
    throw;
  }
  waited_ += clock_seconds() - begin;
}

// By recursive doubling, too: before round d each process has the texts of its aligned block of d.
std::vector<std::string> ProcessGroup::gather(const std::string& own) {
  std::vector<std::string> block = {own};
  for (int64_t d = 1; d < size_; d *= 2) {
    std::vector<uint8_t> packed = nlohmann::json::to_msgpack(block);  // of texts of any bytes
    auto length = static_cast<int64_t>(packed.size()), others_length = int64_t{0};
    exchange(rank_ ^ d, at::from_blob(&length, {1}, at::kLong), at::from_blob(&others_length, {1}, at::kLong));
    std::vector<uint8_t> received(static_cast<size_t>(others_length));
    exchange(rank_ ^ d, at::from_blob(packed.data(), {length}, at::kByte),
             at::from_blob(received.data(), {others_length}, at::kByte));
    auto other = nlohmann::json::from_msgpack(received).get<std::vector<std::string>>();
    if (rank_ & d) std::swap(block, other);
    block.insert(block.end(), other.begin(), other.end());
  }
  return block;
}

std::vector<double> ProcessGroup::gather_numbers(const std::vector<double>& own) {
  std::vector<double> all = own;
  for (int64_t d = 1; d < size_; d *= 2) {
    std::vector<double> other(all.size());
    const auto count = static_cast<int64_t>(all.size());
    exchange(rank_ ^ d, at::from_blob(all.data(), {count}, at::kDouble),
             at::from_blob(other.data(), {count}, at::kDouble));
    all.insert(rank_ & d ? all.begin() : all.end(), other.begin(), other.end());
  }
  return all;
}

std::string ProcessGroup::of_first(const std::function<std::string()>& make) {
  return gather(first() ? make() : "").front();
}

void ProcessGroup::in_buffers(const std::vector<at::Tensor>& tensors,
                              const std::function<void(const at::Tensor& buffer)>& pass) {
  at::NoGradGuard no_grad;
  for (size_t begin = 0, end = 0; begin < tensors.size(); begin = end) {
    int64_t total = 0;
    while (end < tensors.size() && (end == begin || total + tensors[end].numel() <= kBuffer))
      total += tensors[end++].numel();
    const at::Tensor buffer = at::empty({total}, at::TensorOptions(device_).dtype(at::kFloat));
    const auto part = [&](size_t i, int64_t& at) {
      at += tensors[i].numel();
      return buffer.narrow(0, at - tensors[i].numel(), tensors[i].numel()).view(tensors[i].sizes());
    };
    int64_t at = 0;
    for (size_t i = begin; i < end; ++i) part(i, at).copy_(tensors[i]);
    pass(buffer);
    at = 0;
    for (size_t i = begin; i < end; ++i) tensors[i].copy_(part(i, at));
  }
}

void ProcessGroup::sum(const std::vector<at::Tensor>& tensors) {
  if (size_ == 1) return;
  in_buffers(tensors, [&](const at::Tensor& buffer) {
    const int64_t n = buffer.numel();
    const at::Tensor received = at::empty({n - n / 2}, buffer.options());
    const auto part = [&](const Span& numbers) { return buffer.narrow(0, numbers.begin, numbers.size()); };
    std::vector<Span> own = {{0, n}};
    for (int64_t d = 1; d < size_; d *= 2) {
      const auto [mine, others] = halves(own.back(), rank_ & d);
      const at::Tensor addend = received.narrow(0, 0, mine.size());
      exchange(rank_ ^ d, part(others), addend);
      part(mine).add_(addend);
      own.push_back(mine);
    }
    for (int64_t d = size_ / 2; d >= 1; d /= 2) {
      own.pop_back();
      const auto [mine, others] = halves(own.back(), rank_ & d);
      exchange(rank_ ^ d, part(mine), part(others));
    }
  });
}

void ProcessGroup::take_from_first(const std::vector<at::Tensor>& tensors) {
  if (size_ == 1) return;
  in_buffers(tensors, [&](const at::Tensor& buffer) {
    // In round d the first d processes have it, and pass it on.
    for (int64_t d = 1; d < size_; d *= 2) {
      if (rank_ < d) exchange(rank_ + d, buffer, {});
      if (rank_ >= d && rank_ < 2 * d) exchange(rank_ - d, {}, buffer);
    }
  });
}

void ProcessGroup::exchange_slices(const Slices& slices) {
  // By recursive doubling: before round d each process has the slices of its aligned block of d.
  for (int64_t d = 1; d < size_; d *= 2) {
    const auto block = [&](int64_t process) { return slices.of(process / d * d, process / d * d + d); };
    const Span mine = block(rank_), others = block(rank_ ^ d);
    for (int64_t at = 0; at < std::max(mine.size(), others.size()); at += kBuffer) {
      const auto part = [&](const Span& all) {
        return Span{std::min(all.begin + at, all.end), std::min(all.begin + at + kBuffer, all.end)};
      };
      const Span out = part(mine), in = part(others);
      const at::Tensor received = in.size() > 0 ? at::empty({in.size()}, at::kFloat) : at::Tensor();
      exchange(rank_ ^ d, out.size() > 0 ? slices.get(out) : at::Tensor(), received);
      if (in.size() > 0) slices.set(in, received);
    }
  }
}

void ProcessGroup::collect(const Slices& slices, size_t tensor, const at::Tensor& own, const at::Tensor& whole) {
  const at::NoGradGuard no_grad;
  for (int64_t process = 0; process < size_; ++process) {
    const Span part = slices.of_tensor(process, tensor);
    if (part.size() == 0) continue;
    if (process == rank_ && !first()) exchange(0, flat(own).to(at::kCPU), {});
    if (!first()) continue;
    at::Tensor values = flat(own);
    if (process > 0) exchange(process, {}, values = at::empty({part.size()}, at::kFloat));
    flat(whole).narrow(0, part.begin, part.size()).copy_(values);
  }
}

void ProcessGroup::deal(const Slices& slices, size_t tensor, const at::Tensor& whole, const at::Tensor& own) {
  const at::NoGradGuard no_grad;
  for (int64_t process = 0; process < size_; ++process) {
    const Span part = slices.of_tensor(process, tensor);
    if (part.size() == 0) continue;
    at::Tensor values;
    if (first()) values = flat(whole).narrow(0, part.begin, part.size()).to(at::kCPU);
    if (first() && process > 0) exchange(process, values, {});
    if (process != rank_) continue;
    if (!first()) exchange(0, {}, values = at::empty({part.size()}, at::kFloat));
    flat(own).copy_(values);
  }
}

int ProcessGroup::together(const std::function<int()>& work) {
  if (size_ == 1) return work();
  try {
    const int status = work();
    gather("");  // nobody leaves before all are done
    return status;
  } catch (const std::exception& error) {
    link_->leave(lost_.empty() ? cat("process ", rank_, " failed: ", error.what()) : lost_);
    throw;
  }
}

void require_fitting(int64_t processes, int64_t parts) {
  if (is_power_of_two(processes) && parts % processes == 0) return;
  std::string fitting;
  for (int64_t n = 1; parts % n == 0; n *= 2) fitting += cat(n == 1 ? "" : parts % (2 * n) == 0 ? ", " : " or ", n);
  throw UsageError(
      cat(processes, " processes cannot share the ", parts, parts == 1 ? " part" : " parts",
          " of a step's examples (--accumulate): start ", fitting,
          is_power_of_two(processes) ? cat(", or give --accumulate ", processes, " or a multiple of it") : ""));
}

std::shared_ptr<ProcessGroup> join_processes(const Environment& environment, const ParallelOptions& options) {
  const Launch launch = recognise_launch(environment);
  if (launch.size == 1) return std::make_shared<ProcessGroup>();
  LogState& log = log_state();
  if (launch.rank > 0) {
    log.program = cat(log.program, "[", launch.rank, "]");
    if (log.verbosity == 1) log.verbosity = 0;
  }
  if (!can_connect())
    throw Error(cat("cannot train as process ", launch.rank, " of ", launch.size, " (", launch.launcher,
                    "): this program was built without the headers of Gloo (install libgloo-dev and build it again)"));
  if (!is_power_of_two(launch.size))
    throw UsageError(cat(launch.size, " processes (", launch.launcher,
                         ") cannot train together: start 1, 2, 4, 8, ..., ", "a number that divides --accumulate"));
  info(cat("process ", launch.rank, " of ", launch.size, ", started by ", launch.launcher, ", meeting at ", launch.host,
           ":", launch.port));
  return std::make_shared<ProcessGroup>(launch.rank, launch.size, connect(launch, options.timeout));
}

void require_same_options(ProcessGroup& group, const Options& options, const std::vector<std::string>& own) {
  if (group.size() == 1) return;
  std::map<std::string, std::string> given;
  for (const Option& option : options.all())
    if (option.given && option.group != groups::kCommon && std::find(own.begin(), own.end(), option.name) == own.end())
      given[option.name] = option.value;
  using Given = std::map<std::string, std::string>;
  const std::vector<std::string> texts = group.gather(
      nlohmann::json(given).dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace));
  const Given first = nlohmann::json::parse(texts[0]).get<Given>();
  const auto shown = [](const std::string& name, const Given& all) {
    const auto found = all.find(name);
    return found == all.end() ? cat("no --", name) : cat("--", name, found->second.empty() ? "" : " ", found->second);
  };
  for (size_t process = 1; process < texts.size(); ++process) {
    const Given other = nlohmann::json::parse(texts[process]).get<Given>();
    Given both = first;
    both.insert(other.begin(), other.end());
    for (const auto& [name, unused] : both)
      if (!first.contains(name) || !other.contains(name) || first.at(name) != other.at(name))
        throw UsageError(cat("process 0 was given ", shown(name, first), ", but process ", process, " ",
                             shown(name, other), ": give all processes the same command line"));
  }
}

std::vector<at::Tensor> tree_sum(int64_t begin, int64_t end,
                                 const std::function<std::vector<at::Tensor>(int64_t)>& part) {
  if (end - begin == 1) return part(begin);
  const int64_t middle = begin + (end - begin + 1) / 2;
  std::vector<at::Tensor> left = tree_sum(begin, middle, part);
  const std::vector<at::Tensor> right = tree_sum(middle, end, part);
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < left.size(); ++i) left[i].add_(right[i]);
  return left;
}

}  // namespace sr3
