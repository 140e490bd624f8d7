// The request target (RFC 9112, section 3.2) to one canonical path.
//
// Thread contract: pure functions.
// Guesses nothing: what two servers might read differently is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/refusal.hpp"

namespace postern {

/// Origin form or absolute form; of the latter only the path and the query are taken (REQUIREMENTS
/// H7). Fills `path` (percent-decoded, valid UTF-8, no empty and no dot segments) and `query` (as
/// sent, without '?'). 400 for what is malformed; 404 for empty segments ("//login", "/login/").
std::optional<Refusal> parse_target(std::string_view target, std::string& path, std::string& query);

/// Whether a target that parse_target() took names the host of the Host header: always in origin
/// form, and without a Host, which HTTP/1.0 does not need. The scheme's default port may be left
/// out.
bool is_target_of(std::string_view target, std::string_view host);

}  // namespace postern
