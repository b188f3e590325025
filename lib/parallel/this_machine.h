// Which machine this process runs on, and its address for others.
#pragma once

#include <cstdint>
#include <string>

namespace sr3 {

// Two processes with the same `computer` share its cores, and with the same `network` its loopback address. Without line ends.
struct Machine {
  std::string computer, network;
};
Machine this_machine();

// The numeric address of this machine that packets to host:port are sent from; if that is a loopback address, the first one of
// another interface, because other machines could not use it. Error if the host is unknown or cannot be reached.
std::string address_towards(const std::string& host, uint16_t port);

}  // namespace sr3
