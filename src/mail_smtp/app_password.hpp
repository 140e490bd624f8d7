// Google shows an app password as four groups of four emails, with blanks or no-break spaces
// between them that come along when it is copied and are no part of it.
//
// Thread contract: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace postern {

/// The password without them, when it has that form and either a no-break space, which is
/// never typed, or is for a server of Google's. Any other password is what was given: a blank may
/// be meant. White space at its ends is never meant.
std::string plain_app_password(std::string_view host, std::string_view password);

}  // namespace postern
