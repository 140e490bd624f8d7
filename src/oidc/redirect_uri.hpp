// Redirect URIs of clients: which ones may be registered, and which ones match.
//
// Thread contract: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

/// Whether a client may register the URI: https; http on this machine's own addresses alone (RFC
/// 8252, 7.3) and localhost; or a private-use scheme with a dot in its name (RFC 8252, 7.1). No
/// fragment (RFC 6749, 3.1.2), no user info, no wildcard, nothing that URLs are read differently
/// for. Error: invalid_redirect_uri, with a text.
Status check_redirect_uri(std::string_view uri);

/// Compares byte for byte (RFC 9700, 2.1), but for the port of a registered URI on 127.0.0.1 or
/// [::1] (RFC 8252, 7.3).
bool matches_redirect_uri(std::string_view uri, std::span<const std::string> registered);

/// scheme://host[:port] of a checked URI; empty where it has none.
std::string_view origin_of(std::string_view uri);

/// The source by which a page's policy (CSP) lets a form be redirected to the URI: its origin, or
/// its own scheme.
std::string form_source(std::string_view uri);

/// The URI with parameters added to its query; `parameters` is "a=1&b=2", encoded.
std::string with_query(std::string_view uri, std::string_view parameters);

}  // namespace postern
