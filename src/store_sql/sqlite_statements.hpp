// The SQL of the store on SQLite.
//
// Thread contract: constants.
#pragma once

#include <cstddef>

namespace postern {

enum class SqliteSql : std::size_t {
  kBegin,
  kCommit,
  kRollback,
  kFindByKey,
  kFindById,
  kListAccounts,
  kInsertAccount,
  kUpdateAccount,
  kInsertOutbox,
  kInsertAudit,
  kInsertMailState,
  kUpdateMailState,
  kDeleteMailStates,
  kFindMailStates,
  kFindExternalId,
  kExternalIdOf,
  kAddExternalId,
  kRemoveExternalId,
  kClaim,
  kClaimAhead,
  kEndLeases,
  kDelete,
  kDefer,
  kDeadLetter,
  kRelease,
  kCount,
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
  kPurgeSessions,
  kPurgeThrottles,
  kPruneAudit,
  kMailStatesPage,
  kPruneMailStates,
  kCountDead,
  kCountDue,
  kFindDead,
  kReplayDead,
  kDropDead,
  kInsertRequests,
  kRemoveRequests,
  kResolveRequests,
  kRemoveResolved,
  kClaimRequests,
};
inline constexpr std::size_t kSqliteSqlCount =
    static_cast<std::size_t>(SqliteSql::kClaimRequests) + 1;

const char* text_of(SqliteSql which);

}  // namespace postern
