// The SQL of the store on SQLite.
//
// Thread contract: pure functions.
#pragma once

#include <cstddef>
#include <string>

namespace postern {

enum class SqliteSql : std::size_t {
  kBegin,
  kCommit,
  kRollback,
  kFindAccountByKey,
  kFindAccount,
  kListAccounts,
  kInsertAccount,
  kUpdateAccount,
  kInsertOutbox,
  kInsertAudit,
  kFindAudit,
  kOldestAudit,
  kInsertMailState,
  kUpdateMailState,
  kDeleteMailStates,
  kFindMailStates,
  kFindExternalId,
  kExternalIdOf,
  kAddExternalId,
  kRemoveExternalId,
  kClaimOutbox,
  kClaimOutboxAhead,
  kEndLeases,
  kDeleteOutbox,
  kDeferOutbox,
  kDeadLetterOutbox,
  kReleaseOutbox,
  kCountOutbox,
  kRemoveAccount,
  kFindSessions,
  kInsertSession,
  kUpdateSession,
  kRemoveSession,
  kEndSessions,
  kTakeThrottle,
  kPutThrottle,
  kClearThrottle,
  kRefundThrottle,
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
inline constexpr std::size_t kSqliteSqlCount =
    static_cast<std::size_t>(SqliteSql::kClaimRequests) + 1;

/// The parameters of a table's insert or update are its columns, in their order.
std::string text_of(SqliteSql which);

}  // namespace postern
