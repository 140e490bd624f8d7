#include "account/recover_password.hpp"

#include "model/accepted_request.hpp"

namespace postern {
namespace {

MailChoice choose_mail(const Account* current) {
  if (!current) return {std::nullopt, "unknown"};
  switch (current->state) {
    case AccountState::kUnconfirmed:
      return {MailKind::kConfirm, {}};
    case AccountState::kConfirmed:
      return {MailKind::kRecover, {}};
    case AccountState::kDisabled:
      break;
  }
  return {std::nullopt, "disabled"};
}

}  // namespace

MailDecision recovery() { return {to_string(RequestAction::kRecoverPassword), choose_mail}; }

}  // namespace postern
