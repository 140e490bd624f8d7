// What `postern --version` prints: the version, the commit and the libraries in use.
//
// Thread contract: pure functions.
#pragma once

#include <string>

namespace postern {

/// The version of the CMake project, as 0.1.0.
extern const char* const kVersion;
/// The first 12 digits of the commit; empty when the build did not know it.
extern const char* const kCommit;

/// "postern 0.1.0 (commit 0123456789ab)", then one line for each library: the version that is
/// loaded, or the one compiled in where all of the library is.
std::string version_text();

}  // namespace postern
