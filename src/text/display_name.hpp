// The name that a person wants to be called by.
//
// Thread contract: pure functions.
// Does not normalise and does not judge taste: it keeps a name from being more than one line of
// text, and from turning round the line that it stands in.
#pragma once

#include <string_view>

namespace postern {

/// True for UTF-8 of at most limits::kDisplayNameBytes without control characters (C0, DEL, C1),
/// line and paragraph separators, marks of the writing direction (Unicode 9, UAX #9, 2), and
/// invisible characters (zero-width space, soft hyphen, fillers), since with them two names
/// look the same; empty, or with something to see. Joiners within a name may stay.
bool is_display_name(std::string_view text);

}  // namespace postern
