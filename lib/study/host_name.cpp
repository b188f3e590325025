#include "study/host_name.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

namespace sr3 {
namespace {

// The name without its port and the final dot of an absolute name, in lower case.
std::string name_of(std::string host) {
  if (host.starts_with('[')) {  // IPv6
    host = host.substr(1, host.find(']') - 1);
  } else if (const size_t colon = host.find(':');
             colon != std::string::npos && host.find(':', colon + 1) == std::string::npos) {
    host.resize(colon);
  }
  if (host.ends_with('.')) host.pop_back();
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return host;
}

bool is_address(const std::string& name) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 || inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

std::string machine_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name_of(name) : "";
}

}  // namespace

bool is_own_name(const std::string& host, const std::vector<std::string>& sites) {
  const std::string name = name_of(host);
  if (name.empty()) return host.empty();
  if (is_address(name) || name == "localhost" || name.ends_with(".localhost")) return true;
  const std::string machine = machine_name();
  if (!machine.empty() && (name == machine || name == machine + ".local")) return true;
  return std::any_of(sites.begin(), sites.end(), [&](const std::string& site) { return name == name_of(site); });
}

}  // namespace sr3
