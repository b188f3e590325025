#include "parallel/this_machine.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "base/error.h"

namespace sr3 {

namespace {

std::string numeric(const sockaddr* address, socklen_t length) {
  char text[NI_MAXHOST] = {};
  if (getnameinfo(address, length, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return "";
  return text;
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

// The address that a datagram to this one would be sent from; nothing is sent.
std::string source_towards(const addrinfo& to) {
  const int fd = ::socket(to.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "";
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  const bool found =
      ::connect(fd, to.ai_addr, to.ai_addrlen) == 0 && getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) == 0;
  ::close(fd);
  return found ? numeric(reinterpret_cast<sockaddr*>(&own), length) : "";
}

// Of an interface that is up and is not the loopback; "" without one.
std::string first_other_address() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return "";
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(all, freeifaddrs);
  for (const ifaddrs* each = all; each; each = each->ifa_next)
    if (each->ifa_addr && each->ifa_addr->sa_family == AF_INET && (each->ifa_flags & IFF_UP) &&
        !(each->ifa_flags & IFF_LOOPBACK))
      return numeric(each->ifa_addr, sizeof(sockaddr_in));
  return "";
}

}  // namespace

Machine this_machine() {
  std::string boot, net;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  char link[64] = {};
  if (readlink("/proc/self/ns/net", link, sizeof link - 1) > 0) net = link;
  if (boot.empty()) {
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    boot = host;
  }
  return {boot, boot + net};
}

std::string address_towards(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found))
    throw Error(cat("cannot find the host '", host, "': ", gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  for (const addrinfo* each = found; each; each = each->ai_next) {
    const std::string own = source_towards(*each);
    if (own.empty()) continue;
    if (!is_loopback(own)) return own;
    const std::string other = first_other_address();
    return other.empty() ? own : other;
  }
  throw Error(cat("cannot reach the host '", host, "': no route"));
}

}  // namespace sr3
