// What a database needs after a restore, before the first server opens it.
//
// A backup does not know what happened after it: which links were used, which sessions ended, which
// keys were revoked, which emails left. So everything that was issued before the restore ends:
// credential versions begin a new epoch (model/credential_version.hpp), sessions are deleted and
// signing keys revoked. Mail jobs in the outbox move to the new epoch with their accounts, so that
// their links work.
//
// Thread contract: may be called from any thread, when no server uses the database.
// Does not copy files and does not migrate: the schema must be current.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace postern {

struct RestoreOptions {
  TimePoint now;
  /// Emails that wait are deleted instead of being sent again.
  bool drop_mail = false;
};

struct RestoreReport {
  std::int64_t accounts = 0;
  std::int64_t ended_sessions = 0;
  std::int64_t revoked_keys = 0;
  /// In the outbox, dead letters aside, and requests for an email that have no outbox row yet.
  std::int64_t emails = 0;
  /// Of these emails: older than a mail job's life. They become dead letters.
  std::int64_t expired_emails = 0;
  std::int64_t events = 0;
};

/// One transaction. Errors: in_use when a server is connected to the PostgreSQL database, and the
/// store's.
Result<RestoreReport> secure_restored(const std::string& database_url,
                                      const RestoreOptions& options);

}  // namespace postern
