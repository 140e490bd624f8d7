#include "account/delete_account.hpp"

#include "account/letter.hpp"
#include "account/owner.hpp"

namespace postern {
namespace {

Result<Changes> decide(const Owner& owner, const SignedIn& person, const RequestContext& context,
                       TimePoint now) {
  if (!owner.still_is(person.account)) return unauthorized("changed meanwhile");
  const Account& account = person.account;
  Changes changes;
  changes.remove_account = true;
  changes.sessions.cleared_throttles.push_back(owner.checked.throttle_key);
  changes.outbox.push_back(make_letter(
      {account, MailKind::kAccountDeleted, account.email, account.locale}, context, now));
  changes.audit.push_back(audit_entry("delete-account", "done", &account, context, now));
  return changes;
}

}  // namespace

void delete_account(AccountServices& services, const Credentials& credentials, Deletion deletion,
                    std::function<void(Status)> done) {
  const auto confirmed = [&services, credentials, context = deletion.context,
                          done = std::move(done)](const Result<Owner>& owner) {
    if (!owner) return done(owner.error());
    signed_in(
        services, credentials,
        [&services, owner = *owner, context](const SignedIn& person) {
          return decide(owner, person, context, services.clock.now());
        },
        [done](const Result<SignedIn>& result) {
          done(result ? Status{} : Status{result.error()});
        });
  };
  confirm_owner(services, credentials, std::move(deletion.password), confirmed);
}

}  // namespace postern
