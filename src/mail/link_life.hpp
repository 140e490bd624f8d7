// The lifetime of a link, in the reader's language.
//
// Thread contract: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace postern {

/// "60 minutes"; in Russian in the accusative, as in "ссылка действует 21 минуту". Rounded down, so
/// that no email promises more than the link keeps. Empty for zero and less; at least one second
/// otherwise. `locale` is "en" or "ru".
std::string link_life_words(Duration life, std::string_view locale);

}  // namespace postern
