// Identifiers: UUID version 7 (RFC 9562, section 5.7), time-ordered, 74 random bits.
//
// Thread contract: may be called from any thread.
// Not for secrets: an id may be seen and its time part guessed.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace postern {

/// 36 characters, lower case: 019aa0c4-7c1b-7def-8123-456789abcdef.
std::string new_id(TimePoint now);

/// No id itself: sorts behind every id of an earlier time and before all others.
std::string id_bound(TimePoint time);

/// True for 36 characters in the form of a UUID, lower case.
bool is_id(std::string_view text);

}  // namespace postern
