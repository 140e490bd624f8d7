#include "account/register.hpp"

#include "model/accepted_request.hpp"

namespace postern {
namespace {

MailChoice choose_mail(const Account* current) {
  if (!current) return {MailKind::kConfirm, {}};
  switch (current->state) {
    case AccountState::kUnconfirmed:
      return {MailKind::kConfirm, {}};
    case AccountState::kConfirmed:
      return {MailKind::kAlreadyRegistered, {}};
    case AccountState::kDisabled:
      break;
  }
  return {std::nullopt, "disabled"};
}

}  // namespace

MailDecision registration() { return {to_string(RequestAction::kRegister), choose_mail}; }

}  // namespace postern
