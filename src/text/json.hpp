// Strict JSON: what RFC 8259 allows, minus what parsers disagree about.
//
// Thread contract: pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>

#include "base/result.hpp"

namespace postern {

/// Parses one object. Refused with invalid_json: anything else at the top, depth over
/// limits::kJsonDepth, repeated keys at any level, invalid UTF-8, NUL in a string, lone surrogates,
/// numbers that are not finite, trailing text.
Result<boost::json::object> parse_json_object(std::string_view text);

/// Of tokens: as parse_json_object, and each of at most limits::kFlatJsonMembers members is a whole
/// number of 64 bits, or a string without control characters.
Result<boost::json::object> parse_flat_json(std::string_view text);

/// The string at `key`; nothing when it is absent or of another type.
std::optional<std::string_view> string_at(const boost::json::object& object, std::string_view key);
/// The integer at `key` (also 1.0 is refused); nothing when it is absent or of another type.
std::optional<std::int64_t> integer_at(const boost::json::object& object, std::string_view key);

}  // namespace postern
