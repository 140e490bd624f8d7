// How a fuzz target states what must hold for any input.
//
// Thread contract: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace postern {

/// Ends the program, which is how libFuzzer learns of a finding.
inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace postern
