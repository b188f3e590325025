#include "parallel/link.h"

#if __has_include(<gloo/transport/device.h>) && __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>)
#define SR3_GLOO 1
#else
#define SR3_GLOO 0
#endif

#if SR3_GLOO
#ifndef USE_C10D_GLOO
#define USE_C10D_GLOO
#endif
#include <torch/version.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "parallel/device_link.h"
#include "parallel/this_machine.h"

namespace sr3 {

#if SR3_GLOO

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// The longest times, in seconds, in which all processes come, and then connect.
constexpr double kMeeting = 300, kConnecting = 30;
constexpr milliseconds kPoll{20}, kAnswer{3000}, kLinger{5000};

// The first letter of what a process says at its end: whether the cause was one that could not speak for itself.
constexpr char kSilent = 's', kSpoke = 'w';

milliseconds in_milliseconds(double seconds) { return milliseconds(static_cast<int64_t>(seconds * 1e3)); }

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::vector<uint8_t> to_bytes(const std::string& text) { return {text.begin(), text.end()}; }

// Calls `work` in a thread of its own. Returns whether it ended in time and without an exception: what a dead or stopped process
// would have to answer may block for ever, and such a thread is left behind.
bool ends_in(milliseconds time, std::function<void()> work) {
  std::packaged_task<bool()> task([work = std::move(work)] {
    try {
      work();
      return true;
    } catch (const std::exception& error) {
      return false;
    }
  });
  std::future<bool> done = task.get_future();
  std::thread(std::move(task)).detach();
  return done.wait_for(time) == std::future_status::ready && done.get();
}

std::string key_of(const char* what, int64_t process) { return cat(what, "/", process); }

class GlooLink : public Link {
 public:
  GlooLink(const Launch& launch, double timeout) : launch_(launch), timeout_(timeout) {
    const double meeting = std::min(timeout, kMeeting);
    const auto end = Clock::now() + in_milliseconds(meeting);
    open_store(meeting);
    const std::vector<Machine> machines = meet(end, meeting);
    const Machine& here = machines[static_cast<size_t>(launch.rank)];
    const auto same = [&](std::string Machine::*part) {
      return std::count_if(machines.begin(), machines.end(), [&](const Machine& m) { return m.*part == here.*part; });
    };
    on_this_machine_ = same(&Machine::computer);
    computer_ = here.computer;
    for (int64_t process = 0; process < launch.rank; ++process)
      number_on_this_machine_ += machines[static_cast<size_t>(process)].computer == here.computer;
    open_group(same(&Machine::network) == launch.size);
  }

  ~GlooLink() override {
    if (left_) return;
    devices_.reset();
    group_.reset();
    store_.reset();
  }

  void exchange(int64_t process, const at::Tensor& out, const at::Tensor& in) override {
    const auto begin = Clock::now();
    try {
      if (const at::Tensor& any = out.defined() ? out : in; !any.is_cpu()) {
        // A process that has ended does not end NCCL's wait for it, but this.
        const at::Tensor here = at::zeros({1}), there = at::zeros({1});
        exchange_on_cpu(process, here, there);
        devices_->exchange(process, out, in);
        return;
      }
      exchange_on_cpu(process, out, in);
    } catch (const std::exception& error) {
      debug(first_line(error.what()));
      lose(process, std::chrono::duration<double>(Clock::now() - begin).count());
    }
  }

  void use_device(const at::Device& device) override {
    try {
      devices_ = connect_devices(store_, launch_.rank, launch_.size, device, timeout_);
    } catch (const std::exception& error) {
      throw Error(cat("process ", launch_.rank, " cannot connect ", device.str(),
                      " to the GPUs of the other processes: ", first_line(error.what()),
                      " (NCCL_DEBUG=INFO says more)"));
    }
  }

  void leave(const std::string& reason) override {
    left_ = true;
    // What follows may wait for others for ever, and so may the destructors: the objects stay until the process ends.
    const auto store = new c10::intrusive_ptr<c10d::Store>(store_);
    ends_in(kAnswer, [=, key = key_of("end", launch_.rank), said = to_bytes((silent_ ? kSilent : kSpoke) + reason)] {
      (*store)->set(key, said);
    });
    (void)devices_.release();
    const auto group = new c10::intrusive_ptr<c10d::ProcessGroupGloo>(std::move(group_));
    ends_in(kAnswer, [=] { group->reset(); });
    if (!listens()) return;
    // The others learn the reason from this process's store.
    ends_in(kLinger, [=, launch = launch_, silent = silent_] {
      for (int64_t ended = 0; ended < launch.size - (silent ? 2 : 1); std::this_thread::sleep_for(kPoll)) {
        ended = 0;
        for (int64_t process = 0; process < launch.size; ++process)
          ended += process != launch.rank && (*store)->check({key_of("end", process)});
      }
    });
  }

  int64_t on_this_machine() const override { return on_this_machine_; }
  int64_t number_on_this_machine() const override { return number_on_this_machine_; }
  std::string computer() const override { return computer_; }
  bool can_use(const at::Device& device) const override { return device.is_cuda() && has_device_link(); }

 private:
  void exchange_on_cpu(int64_t process, const at::Tensor& out, const at::Tensor& in) {
    c10::intrusive_ptr<c10d::Work> receiving, sending;
    std::vector<at::Tensor> outs = {out}, ins = {in};
    if (in.defined() && in.numel() > 0) receiving = group_->recv(ins, static_cast<int>(process), 0);
    if (out.defined() && out.numel() > 0) sending = group_->send(outs, static_cast<int>(process), 0);
    if (receiving) receiving->wait(in_milliseconds(timeout_));
    if (sending) sending->wait(in_milliseconds(timeout_));
  }

  bool listens() const { return launch_.rank == 0 && !launch_.launcher_listens; }
  std::string address() const { return cat(launch_.host, ":", launch_.port); }

  void open_store(double seconds) {
    c10d::TCPStoreOptions options;
    options.port = launch_.port;
    options.isServer = listens();
    options.waitWorkers = false;
    options.timeout = in_milliseconds(seconds);
#if TORCH_VERSION_MAJOR > 1
    options.useLibUV = false;  // Debian's libtorch is built without
#endif
    try {
      // By the number of this life, so that a process finds nothing of the life before.
      store_ = c10::make_intrusive<c10d::PrefixStore>(cat("sr3-cdm/", launch_.life),
                                                      c10::make_intrusive<c10d::TCPStore>(launch_.host, options));
    } catch (const std::exception& error) {
      debug(first_line(error.what()));
      if (listens())
        throw Error(cat("process 0 cannot listen at ", address(),
                        ", its address is in use or not of this machine: ", "set another MASTER_PORT, or MASTER_ADDR"));
      throw Error(cat("process ", launch_.rank, " finds no process 0 at ", address(), ": did it start there?"));
    }
  }

  // Waits for all processes. What each one is.
  std::vector<Machine> meet(Clock::time_point end, double seconds) {
    try {
      if (store_->add(key_of("rank", launch_.rank), 1) != 1)
        throw UsageError(cat("there are two processes ", launch_.rank, " of ", launch_.size, " at ", address()));
      const Machine own = this_machine();
      store_->set(key_of("process", launch_.rank),
                  to_bytes(cat(launch_.size, "\n", own.computer, "\n", own.network, "\n")));
      std::vector<Machine> machines(static_cast<size_t>(launch_.size));
      for (int64_t process = 0; process < launch_.size; ++process) {
        const std::string key = key_of("process", process);
        while (!store_->check({key})) {
          if (Clock::now() >= end) throw Error(absent(seconds));
          std::this_thread::sleep_for(kPoll);
        }
        const std::vector<uint8_t> bytes = store_->get(key);
        machines[static_cast<size_t>(process)] = machine_of(process, {bytes.begin(), bytes.end()});
      }
      return machines;
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      debug(first_line(error.what()));
      throw LostProcess(cat("process 0, at ", address(), ", has ended before all processes were there"));
    }
  }

  Machine machine_of(int64_t process, const std::string& said) {
    const size_t first = said.find('\n'), second = said.find('\n', first + 1);
    if (said.substr(0, first) != std::to_string(launch_.size)) {
      const std::string unlike = cat("process ", launch_.rank, " was started as one of ", launch_.size,
                                     ", but process ", process, " as one of ", said.substr(0, first));
      leave(unlike);  // the store stays until the other has seen it, too
      throw UsageError(cat(unlike, ": give all the same number"));
    }
    return {said.substr(first + 1, second - first - 1), said.substr(second + 1, said.size() - second - 2)};
  }

  std::string absent(double seconds) {
    std::string missing;
    for (int64_t process = 0; process < launch_.size; ++process)
      if (!store_->check({key_of("process", process)})) missing += cat(missing.empty() ? "" : ", ", process);
    return cat("of ", launch_.size, " processes these did not come to ", address(), " within ", seconds,
               " s: ", missing);
  }

  void open_group(bool one_machine) {
    const auto options = c10d::ProcessGroupGloo::Options::create(in_milliseconds(std::min(timeout_, kConnecting)));
    try {
      const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
      const std::string own = one_machine ? "127.0.0.1" : address_towards(launch_.host, launch_.port);
      options->devices = {interface ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                                    : c10d::ProcessGroupGloo::createDeviceForHostname(own)};
      group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, static_cast<int>(launch_.rank),
                                                           static_cast<int>(launch_.size), options);
    } catch (const std::exception& error) {
      throw Error(cat("process ", launch_.rank, " cannot connect to the other processes: ", first_line(error.what()),
                      " (GLOO_SOCKET_IFNAME names the network interface to use)"));
    }
  }

  // Says which process is the cause: one that ends leaves a word in the store before it closes its connections.
  [[noreturn]] void lose(int64_t process, double seconds) {
    auto said = std::make_shared<std::string>();
    const bool answered = ends_in(kAnswer, [said, process, store = store_] {
      const std::string key = key_of("end", process);
      if (!store->check({key})) return;
      const std::vector<uint8_t> bytes = store->get(key);
      said->assign(bytes.begin(), bytes.end());
    });
    if (answered && !said->empty()) {
      silent_ = said->front() == kSilent;
      throw LostProcess(said->substr(1));
    }
    silent_ = true;
    if (seconds >= timeout_)
      throw LostProcess(cat("process ", process, " has not answered for ", timeout_,
                            " s (--timeout): it hangs, or waits for a process that does"));
    if (!answered && !launch_.launcher_listens) process = 0;  // with it went the store
    throw LostProcess(
        cat("process ", process, " has ended without a word: it was killed, or its machine or network failed"));
  }

  const Launch launch_;
  const double timeout_;
  int64_t on_this_machine_ = 1, number_on_this_machine_ = 0;
  std::string computer_;
  bool left_ = false;
  bool silent_ = false;  // one of the others has ended, or hangs, without saying so
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
  std::unique_ptr<DeviceLink> devices_;
};

}  // namespace

bool can_connect() { return true; }

std::unique_ptr<Link> connect(const Launch& launch, double timeout) {
  std::signal(SIGPIPE, SIG_IGN);  // writing to a process that has ended is to fail, and not to end this one
  return std::make_unique<GlooLink>(launch, timeout);
}

#else

bool can_connect() { return false; }

std::unique_ptr<Link> connect(const Launch&, double) { throw std::logic_error("connect: built without Gloo"); }

#endif

}  // namespace sr3
