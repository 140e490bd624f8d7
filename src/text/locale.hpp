// The languages there are, and which one a reader gets.
//
// Thread contract: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// "en" or "ru" for a language tag such as "ru-RU" (RFC 5646, case-insensitive); nothing for
/// another language.
std::optional<std::string> match_locale(std::string_view tag);

/// The best of Accept-Language (RFC 9110, 12.5.4), by weight; "en" when nothing fits.
std::string negotiate_locale(std::string_view accept_language);

}  // namespace postern
