// The request target (RFC 9112, section 3.2) to one canonical path.
//
// Thread contract: pure functions.
// Guesses nothing: what two servers might read differently is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/refusal.hpp"

namespace postern::http {

/// Origin form or absolute form; of the latter only the path and the query are taken (REQUIREMENTS
/// H7). Fills `path` (percent-decoded, valid UTF-8, no empty and no dot segments) and `query` (as
/// sent, without '?'). 400 for what is malformed; 404 for empty segments ("//login", "/login/").
std::optional<Refusal> parse_target(std::string_view target, std::string& path, std::string& query);

}  // namespace postern::http
