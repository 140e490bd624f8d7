// An email that is to be written, before it has a token: what the queue carries.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "model/mail_priority.hpp"
#include "model/request_context.hpp"

namespace postern {

enum class MailKind {
  kConfirm,
  kRecover,
  kAlreadyRegistered,
  kPasswordChanged,
  kConfirmEmail,
  kEmailChangeRequested,
  kEmailChanged,
  kAccountDeleted,
};
inline constexpr std::array kMailKinds{
    MailKind::kConfirm,         MailKind::kRecover,       MailKind::kAlreadyRegistered,
    MailKind::kPasswordChanged, MailKind::kConfirmEmail,  MailKind::kEmailChangeRequested,
    MailKind::kEmailChanged,    MailKind::kAccountDeleted};

/// The name on the wire: confirm, recover, already-registered, password-changed, confirm-email,
/// email-change-requested, email-changed, account-deleted.
std::string_view to_string(MailKind kind);
std::optional<MailKind> parse_mail_kind(std::string_view name);

/// kNormal for what confirms an address, kUrgent for recovery and notices.
MailPriority default_priority(MailKind kind);

struct MailJob {
  std::string mail_id;
  MailKind kind = MailKind::kConfirm;
  std::string account_id;
  std::string email;
  std::string locale;
  std::int64_t credential_version = 0;
  TimePoint requested_at;
  /// Not sent after this time.
  TimePoint expires_at;
  /// Where the page after a set password links to; empty: nowhere.
  std::string return_to;
  /// Of kConfirmEmail: the present address, masked, of the account that asks.
  std::string requested_by = {};
  /// Of a notice, when the reader may know it.
  NamedDevice device = {};
};

}  // namespace postern
