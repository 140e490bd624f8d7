// Open files: how many the process may have.
#pragma once

#include <cstddef>

namespace postern {

/// Raises the soft limit to the hard one, which needs no privilege; returns the limit that holds
/// then. Called before other threads start.
std::size_t raise_descriptor_limit();

}  // namespace postern
