#include "account/register.hpp"

namespace postern {
namespace {

LetterChoice choose_letter(const Account* current) {
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

void register_account(AccountServices& services, MailRequest request,
                      std::function<void(Status)> done) {
  request_mail(services, std::move(request), "register", choose_letter, std::move(done));
}

}  // namespace postern
