#include "model/mail_job.hpp"

#include <array>

namespace postern {
namespace {

struct KindName {
  MailKind kind;
  std::string_view name;
};

constexpr std::array kKindNames{
    KindName{MailKind::kConfirm, "confirm"},
    KindName{MailKind::kRecover, "recover"},
    KindName{MailKind::kAlreadyRegistered, "already-registered"},
    KindName{MailKind::kPasswordChanged, "password-changed"},
    KindName{MailKind::kConfirmEmail, "confirm-email"},
    KindName{MailKind::kEmailChangeRequested, "email-change-requested"},
    KindName{MailKind::kEmailChanged, "email-changed"},
    KindName{MailKind::kAccountDeleted, "account-deleted"},
};

}  // namespace

std::string_view to_string(MailKind kind) {
  for (const auto& entry : kKindNames) {
    if (entry.kind == kind) return entry.name;
  }
  return {};
}

std::optional<MailKind> parse_mail_kind(std::string_view name) {
  for (const auto& entry : kKindNames) {
    if (entry.name == name) return entry.kind;
  }
  return std::nullopt;
}

MailPriority default_priority(MailKind kind) {
  const bool confirms = kind == MailKind::kConfirm || kind == MailKind::kConfirmEmail;
  return confirms ? MailPriority::kNormal : MailPriority::kUrgent;
}

}  // namespace postern
