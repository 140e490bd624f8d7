// The client's preference: HTML or JSON, and the language.
//
// Thread contract: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace postern {

enum class Preference { kHtml, kJson, kEither };

/// Compares the weights that Accept (RFC 9110, 12.5.1) gives to text/html and application/json.
/// kEither where they are equal, as for a missing header and for curl's */*.
Preference prefer(std::string_view accept);

/// For responses that an API client may get: HTML only where it is asked for.
bool wants_html(const HttpRequest& request);

/// The language of `tag` where we have it, else the best one of Accept-Language.
std::string choose_locale(const HttpRequest& request, std::optional<std::string_view> tag);

}  // namespace postern
