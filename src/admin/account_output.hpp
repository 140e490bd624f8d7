// Accounts as `postern accounts` shows them: lines for people, JSON for programs.
//
// Thread contract: pure functions.
// Shows no password hash.
#pragma once

#include <span>
#include <string>

#include "account/read_accounts.hpp"

namespace postern {

/// A line each, under a heading.
std::string accounts_as_text(std::span<const Account> accounts, const ExternalIds& external_ids);
/// `next`: what to list after for more; empty: there is no more.
std::string accounts_as_json(std::span<const Account> accounts, const ExternalIds& external_ids,
                             const std::string& next);

/// What depends on the time of the look.
struct AccountMoment {
  TimePoint now;
  /// From when on the limits of the address let another email through (mail_room_at()).
  TimePoint mail_room_at;
};

/// With the products that the account is logged in to, and the consents that its user gave.
std::string account_as_text(const AccountDetails& view, const AccountMoment& moment);
std::string account_as_json(const AccountDetails& view, const AccountMoment& moment);

/// The newest last.
std::string history_as_text(std::span<const AuditEntry> entries);
std::string history_as_json(const std::string& account_id, std::span<const AuditEntry> entries);

/// Where the account is logged in: no token, and no hash of one.
std::string sessions_as_text(const AccountDetails& view);
std::string sessions_as_json(const AccountDetails& view);

}  // namespace postern
