// `postern accounts export` and `import`.
//
// Thread contract: for the main thread; waits for the database, some hundred accounts at a time.
#pragma once

#include <iosfwd>

#include "account/services.hpp"

namespace postern::admin {

/// All accounts, the oldest first, a line each. Error also when `out` takes no more.
Status export_accounts(Writer& writer, std::ostream& out);

struct ImportReport {
  std::size_t added = 0;
  /// Their addresses have accounts already.
  std::size_t known = 0;
  std::size_t bad = 0;
};

/// Reads every line; each bad one is told to `complaints` with its number, and left out.
Result<ImportReport> import_accounts(AccountServices& services, std::istream& in,
                                     std::ostream& complaints);

}  // namespace postern::admin
