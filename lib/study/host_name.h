// Checks whether a request was meant for this server. Another site can make its own name point to this machine ("DNS
// rebinding"), and browsers would then give its page access to the study. The Host field still contains that name.
#pragma once

#include <string>
#include <vector>

namespace sr3 {

// Whether `host`, a request's Host field with or without a port, names this server: IP addresses, localhost, this
// machine's name (also as NAME.local) and `sites` do. The port is ignored, since that of a tunnel differs. A request
// without the field is accepted, since browsers always send it.
bool is_own_name(const std::string& host, const std::vector<std::string>& sites);

}  // namespace sr3
