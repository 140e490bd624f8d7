// The limits of imports.
#pragma once

#include <cstddef>

namespace postern::limits {

inline constexpr std::size_t kExternalIdBytes = 255;
/// After so many lines a long import says how far it is.
inline constexpr std::size_t kImportProgressLines = 10'000;

}  // namespace postern::limits
