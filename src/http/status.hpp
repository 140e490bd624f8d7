// The short names of the status codes (RFC 9110, section 15).
//
// Thread contract: pure functions.
#pragma once

#include <string_view>

namespace postern {

/// "Not Found" for 404; "Unknown Status" for a number without a name here.
std::string_view status_title(int status);

}  // namespace postern
