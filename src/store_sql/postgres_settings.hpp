// The settings of every transaction on a PostgreSQL server: time limits, and plans that use
// an index.
//
// Thread contract: a pure function.
#pragma once

#include <string>

namespace postern {

/// Behind a connection pooler the session is shared with others.
enum class SettingsScope { kSession, kTransaction };

/// One statement that sets all of them.
std::string settings_statement(SettingsScope scope);

}  // namespace postern
