// The SQL of the store on PostgreSQL, prepared once per connection. A batch travels as one array
// per column, so that each statement is sent once for any number of rows.
//
// Thread contract: constants, made before main or at the first use.
#pragma once

#include <cstddef>
#include <string>

namespace postern {

enum class PostgresSql : std::size_t {
  kBegin,
  kCommit,
  kRollback,
  kFindAccounts,
  kListAccounts,
  kInsertAccounts,
  kUpdateAccounts,
  kRemoveAccounts,
  kInsertOutbox,
  kInsertAudit,
  kFindAudit,
  kOldestAudit,
  kInsertMailStates,
  kUpdateMailStates,
  kDeleteMailStates,
  kFindMailStates,
  kFindExternalIds,
  kExternalIdsOf,
  kAddExternalIds,
  kRemoveExternalIds,
  kClaimOutbox,
  kClaimOutboxAhead,
  kEndLeases,
  kDeleteOutbox,
  kDeferOutbox,
  kDeadLetterOutbox,
  kReleaseOutbox,
  kCountOutbox,
  kFindSessions,
  kInsertSessions,
  kUpdateSessions,
  kRemoveSessions,
  kEndSessions,
  kTakeThrottles,
  kPutThrottles,
  kClearThrottles,
  kRefundThrottles,
  kSigningKeys,
  kPutSigningKey,
  kClients,
  kInsertClient,
  kRemoveClient,
  kUseAssertion,
  kRemoveAssertions,
  kRemoveExpiredSessions,
  kRemoveExpiredThrottles,
  kRemoveExpiredAudit,
  kMailStatesPage,
  kRemoveExpiredMailStates,
  kCountDead,
  kMeasureBacklog,
  kCountDue,
  kFindDead,
  kReplayDead,
  kDropDead,
  kInsertRequests,
  kFindUnresolved,
  kRemoveRequests,
  kResolveRequests,
  kRemoveResolved,
  kClaimRequests,
};
inline constexpr std::size_t kPostgresSqlCount =
    static_cast<std::size_t>(PostgresSql::kClaimRequests) + 1;

struct PostgresStatement {
  /// As it is prepared.
  std::string name;
  std::string text;
};

/// The parameters of a table's insert or update are arrays of its columns, in their order.
const PostgresStatement& statement_of(PostgresSql which);

}  // namespace postern
