// An account as it is stored. Plain data.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "model/client_grant.hpp"

namespace postern {

enum class AccountState { kUnconfirmed, kConfirmed, kDisabled };

/// unconfirmed, confirmed, disabled: in the database and in what operators see.
std::string_view to_string(AccountState state);
std::optional<AccountState> parse_account_state(std::string_view text);

/// Emails that were counted, and the time until which they have been refilled.
struct MailWindow {
  TimePoint started_at;
  std::int64_t count = 0;
};
/// One for each rate of MAIL_LIMIT_PER_ADDRESS, the shortest first; those behind are unused.
using MailWindows = std::array<MailWindow, limits::kMailWindows>;

struct Account {
  std::string id;
  /// The address as it was registered: where every mail goes.
  std::string email;
  /// The address in its canonical form: what is looked up.
  std::string email_key;
  AccountState state = AccountState::kUnconfirmed;
  /// Encoded Argon2id string; empty until a password was set.
  std::string password_hash;
  /// Raised by every change of the password or the address: tokens made before are invalid.
  std::int64_t credential_version = 1;
  std::string locale;
  /// The name of the person in pages and products; may be empty.
  std::string display_name = {};
  /// The address that waits to be confirmed in place of `email`; empty: none.
  std::string pending_email = {};
  TimePoint created_at;
  TimePoint updated_at;
  MailWindows mail_windows = {};
  /// When the last recovery link was asked for, and the last note that the address has an account;
  /// 1970 for never.
  TimePoint recovery_sent_at = {};
  TimePoint already_registered_at = {};
  /// One a third-party client at most.
  std::vector<ClientConsent> consents = {};
  /// 0: not stored yet. The store raises it with every update, and an update applies only to the
  /// revision that was read.
  std::int64_t revision = 0;
};

}  // namespace postern
