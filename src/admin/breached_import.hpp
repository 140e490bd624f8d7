// Reads the public lists of breached passwords, and makes the filter of them.
//
// A list is one file, or a folder of the ranges of one:
//   a file     lines of a password's SHA-1 in 40 hexadecimal digits, with or without ":count"
//   a folder   files named by the first five digits, with lines of the other 35 and ":count"
// Both are sorted by their hashes. A count of 0 is padding, and is no password.
// Thread contract: for the main thread of a command.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace postern {

struct BreachedBuild {
  /// A file, a folder, or - for the standard input.
  std::string list;
  std::string filter;
  /// Passwords that were seen less often are left out.
  std::uint64_t least_count = 1;
};

/// How many hashes the filter has, which replaces another one of its name at the end only. Error:
/// invalid_file, with a text that names the file and the line.
Result<std::uint64_t> build_breached_filter(const BreachedBuild& build);

}  // namespace postern
