// Files that settings name, and .env itself: read whole, within a limit, with a reason when they
// cannot be.
//
// Thread contract: for the start of a process.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace postern {

/// Error: unreadable_file; its detail says why, without the path: "is a folder", "cannot be read:
/// Permission denied".
Result<std::string> read_setting_file(const std::string& path, std::size_t most_bytes);

/// True for a link to nothing as well: the operator meant a file to be there.
bool path_exists(const std::string& path);

/// `text` behind a UTF-8 byte order mark, if it begins with one.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace postern
