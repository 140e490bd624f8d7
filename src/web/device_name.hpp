// The everyday name of the program and machine behind a User-Agent: "Firefox, Windows".
//
// Thread contract: pure functions.
// For recognising one's own devices on a page, where a guess does no harm; decides nothing.
#pragma once

#include <string>
#include <string_view>

namespace postern {

/// Browser and system where they are known ones, else one of them, else nothing: for emails, which
/// must not repeat what a client says of itself.
std::string known_device(std::string_view user_agent);

/// Browser and system where both are known, else one of them, else the text itself, cut short.
std::string device_name(std::string_view user_agent);

}  // namespace postern
