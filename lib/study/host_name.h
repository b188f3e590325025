// Whether a request was meant for this server. A page of another site can have its own name point at this machine ("DNS
// rebinding"), and would then be taken for the study's page by the browser; the Host field still says that name.
#pragma once

#include <string>
#include <vector>

namespace sr3 {

// `host` is a request's Host field, with or without a port. Ours are addresses, localhost, this machine's name (as
// NAME.local too) and `sites`, whatever the port, since a tunnel's differs. A request without the field is no browser's: ours.
bool is_own_name(const std::string& host, const std::vector<std::string>& sites);

}  // namespace sr3
