#include "account/recover_password.hpp"

namespace postern {
namespace {

LetterChoice choose_letter(const Account* current) {
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

void recover_password(AccountServices& services, MailRequest request,
                      std::function<void(Status)> done) {
  request_mail(services, std::move(request), "recover-password", choose_letter, std::move(done));
}

}  // namespace postern
