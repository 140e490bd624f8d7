// Recognises hosts and addresses of this machine, as a browser or a client here names it.
//
// Thread contract: pure functions.
// Resolves nothing: a name that resolves to loopback today may resolve to any host tomorrow.
#pragma once

#include <string_view>

#include "http/message.hpp"

namespace postern {

/// localhost, names below it (RFC 6761, section 6.3), 127.0.0.0/8 and ::1, with or without
/// brackets.
bool is_loopback_host(std::string_view host);

/// An IP address, with or without brackets: no name, so no DNS server decides where it leads.
bool is_address_literal(std::string_view host);

/// "host", "host:port", "[address]:port" without the port.
std::string_view without_port(std::string_view authority);

/// The host of an absolute URL, without its port.
std::string_view host_of_url(std::string_view url);

/// Whether a client on this machine asked by a name of this machine, and no proxy between them says
/// or shows that it is one. `request.client_address` must be the peer's.
bool is_local_request(const HttpRequest& request);

}  // namespace postern
