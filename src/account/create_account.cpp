#include "account/create_account.hpp"

#include <memory>
#include <utility>

namespace postern {
namespace {

MailChoice choose_mail(const Account* current) {
  if (!current) return {MailKind::kConfirm, {}};
  return {std::nullopt, "exists"};
}

struct Pending {
  AccountServices& services;
  MailRequest request;
  std::function<void(Status)> done;
};

}  // namespace

void create_account(AccountServices& services, MailRequest request,
                    std::function<void(Status)> done) {
  auto pending = std::make_shared<Pending>(Pending{services, std::move(request), std::move(done)});
  Operation look;
  look.account = {AccountRef::By::kEmailKey, pending->request.email.key};
  look.decide = [](const AccountView& current) -> Result<Changes> {
    if (current.account)
      return Error{"already_exists", Retry::kNever, "the address has an account"};
    return Changes{};
  };
  look.done = [pending](Status status) {
    if (!status) return pending->done(status);
    // A person who registers the address in between gets the email instead.
    request_mail(pending->services, std::move(pending->request), {"create", choose_mail},
                 std::move(pending->done));
  };
  services.writer.submit(std::move(look));
}

}  // namespace postern
