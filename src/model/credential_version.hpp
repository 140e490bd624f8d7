// An account's credential version: the number of its changes, within an epoch that a restore
// begins.
//
//   version = epoch · 2^20 + changes      epoch: 0, or the Unix second of the latest restore, or of
//                                         the import//
// A restored database does not know the changes after its backup and would use their numbers again.
// A new epoch has no number that was used before, however often a backup is restored.
//
// Thread contract: pure functions.
#pragma once

#include <cstdint>

namespace postern::credential_version {

/// More changes than an account can have between two restores. The largest version stays below
/// 2^53, so that every JSON reader keeps it exact.
inline constexpr std::int64_t kChangesPerEpoch = std::int64_t{1} << 20;

/// Of an account that begins with an id from elsewhere: an account of the same id may have been
/// here before.
constexpr std::int64_t first_at(std::int64_t unix_s) { return unix_s * kChangesPerEpoch + 1; }

constexpr std::int64_t epoch_of(std::int64_t version) { return version / kChangesPerEpoch; }

}  // namespace postern::credential_version
