// The services and settings of the account operations.
//
// Thread contract: the operations may be called from any thread and return at once; `done` is
// called exactly once, later or at once, from any thread, and must not block.
// Error codes of every operation: overloaded (a queue or the outbox is full) and store_unavailable,
// both Retry::kLater, besides its own.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "account/mail_budgets.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "crypto/breached_passwords.hpp"
#include "model/mail_job.hpp"
#include "model/request_context.hpp"
#include "store/writer.hpp"
#include "text/units.hpp"

namespace postern {

struct AccountSettings {
  /// One to three, the shortest window first. An email needs room in all of them.
  std::vector<Rate> mails_per_address{{3, std::chrono::hours(1)}, {10, std::chrono::hours(24)}};
  std::size_t password_min_length = 15;
  /// Words, besides the address, that a password must not be made of.
  std::string product_name = "Postern";
  /// Whether a broker is there to carry events.
  bool publish_events = false;
  /// Beyond mails_per_address.
  MailRates mail_rates = {};
  /// TOKEN_TTL: when the link of an email has expired, its owner may have another one.
  Duration link_ttl = std::chrono::minutes(60);
  /// BREACHED_PASSWORDS_FILE, which outlives the settings; nullptr: not set.
  const BreachedPasswords* breached_passwords = nullptr;
};

/// The services of operators' commands and of the app (session_services.hpp adds the app's).
/// References outlive every operation.
struct AccountServices {
  Writer& writer;
  const Clock& clock;
  AccountSettings settings = {};
  /// Called for every email that the limit of its address held back; may be empty. Must not
  /// block.
  std::function<void(const std::string& email, MailKind kind)> mail_held = {};
  /// Called for every email that MAIL_LIMIT_TOTAL held back; may be empty. Must not block.
  std::function<void()> ceiling_reached = {};
  /// Whether no more emails may be accepted for now; may be empty. Must not block.
  std::function<bool()> outbox_full = {};
  MailBudgets budgets = MailBudgets(settings.mail_rates);
};

}  // namespace postern
