// Tells other programs what happened, in the transaction in which it happened.
//
// Thread contract: pure functions, for decisions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "account/services.hpp"
#include "base/clock.hpp"
#include "model/session.hpp"

namespace postern {

struct Announcement {
  /// account.registered, session.created, …
  std::string_view type;
  std::string_view account_id;
  /// Of session events only.
  std::string_view session_id = {};
  TimePoint at;
};

/// Puts the event into the outbox of `changes`: into the row of the email, when that has none yet,
/// or into a row of its own. Does nothing where there is no broker to tell it to.
void announce(const AccountServices& services, Changes& changes, const Announcement& what);

/// session.revoked for each of them that had not come to its end by itself, but the one to keep.
void announce_revoked(const AccountServices& services, Changes& changes,
                      std::span<const Session> sessions, std::string_view keep_id, TimePoint now);

}  // namespace postern
