// The connections between the processes of a training: libtorch's c10d, with its store and Gloo over TCP.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "parallel/launcher.h"

namespace sr3 {

// Another process has failed, has ended, or does not answer; what() names it.
class LostProcess : public Error {
 public:
  using Error::Error;
};

class Link {
 public:
  virtual ~Link() = default;
  // Sends `out` to a process and receives `in` from it, at the same time; an undefined tensor is nothing in its direction.
  // Contiguous tensors of the sizes that the other side expects, on the CPU or the device of use_device. Throws LostProcess.
  virtual void exchange(int64_t process, const at::Tensor& out, const at::Tensor& in) = 0;
  // Closes the connections, after which every exchange of the others with this process throws LostProcess with `reason`.
  virtual void leave(const std::string& reason) = 0;
  virtual int64_t on_this_machine() const = 0;         // how many of the processes are
  virtual int64_t number_on_this_machine() const = 0;  // of this process among them, from 0
  virtual std::string computer() const = 0;            // the same text for the processes of one machine
  // Whether devices of this kind can be connected; then connects them, which all processes do, each for a device of its own.
  virtual bool can_use(const at::Device& device) const = 0;
  virtual void use_device(const at::Device& device) = 0;
};

// Whether this build can connect processes: whether the headers of Gloo were there.
bool can_connect();

// Meets the other processes. `timeout`, in seconds: of each exchange, and up to five minutes of this call. Error that says who did
// not come, or why the address cannot be used; UsageError for launches that do not agree.
std::unique_ptr<Link> connect(const Launch& launch, double timeout);

}  // namespace sr3
