// The three parts of a JWS in its compact form (RFC 7515, 7.1).
//
// Thread contract: pure functions.
#pragma once

#include <optional>
#include <string_view>

namespace postern {

/// Encoded, and views into the token.
struct CompactParts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signing_input;
};

/// Nothing when the token has not exactly three parts. Says nothing about what is in them.
std::optional<CompactParts> split_compact(std::string_view token);

}  // namespace postern
