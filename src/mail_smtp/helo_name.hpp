// The name that we say in EHLO where SMTP_HELO_NAME is not set, and what such a name may be.
//
// Thread contract: may be called from any thread.
#pragma once

#include <string>
#include <string_view>

namespace postern {

/// A domain name with a dot ("mail.example.com") or an address literal ("[192.0.2.1]").
bool is_helo_name(std::string_view name);

/// The host of `base_url` when it is a domain name, else this machine's full name when it has one,
/// else nothing: the address literal is said then. May ask the resolver.
std::string usual_helo_name(std::string_view base_url);

}  // namespace postern
