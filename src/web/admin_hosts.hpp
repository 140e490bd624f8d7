// Whom the admin listener serves by name: a page in an operator's browser whose own name was made
// to lead here (DNS rebinding) sends that name as Host, and reads nothing.
//
// Thread contract: as add_routes.
// Says nothing about who may connect: that is the network's matter.
#pragma once

#include <string>
#include <vector>

#include "http/router.hpp"

namespace postern {

/// All routes of `router` answer 421 from then on unless Host is missing (HTTP/1.0), an address
/// literal, a loopback name or one of `names`; ports do not count.
void require_admin_host(Router& router, std::vector<std::string> names);

}  // namespace postern
