#include "account/delete_account.hpp"

#include "account/announce.hpp"
#include "account/audit.hpp"
#include "account/mail_row.hpp"
#include "account/reauthentication.hpp"

namespace postern {
namespace {

Result<Changes> decide(const SessionServices& services, const Reauthenticated& owner,
                       const SignedIn& person, const RequestContext& context);

}  // namespace

void delete_account(SessionServices& services, const Credentials& credentials, Deletion deletion,
                    std::function<void(Status)> done) {
  const auto confirmed = [&services, credentials, context = deletion.context,
                          done = std::move(done)](const Result<Reauthenticated>& owner) {
    if (!owner) return done(owner.error());
    signed_in(
        services, credentials,
        [&services, owner = *owner, context](const SignedIn& person) {
          return decide(services, owner, person, context);
        },
        [done](const Result<SignedIn>& result) {
          done(result ? Status{} : Status{result.error()});
        });
  };
  reauthenticate(services, credentials, std::move(deletion.password), deletion.context, confirmed);
}

namespace {

Result<Changes> decide(const SessionServices& services, const Reauthenticated& owner,
                       const SignedIn& person, const RequestContext& context) {
  const TimePoint now = services.clock.now();
  if (!owner.still_is(person.account)) return unauthorized("changed meanwhile");
  const Account& account = person.account;
  Changes changes;
  changes.remove_account = true;
  forget_failures(owner.checked, changes.sessions);
  forget_failures(account.email_key, context, changes.sessions);
  changes.outbox.push_back(make_notice(account, MailKind::kAccountDeleted, context, now));
  announce(services, changes, {"account.deleted", account.id, {}, now});
  announce_revoked(services, changes, person.sessions, {}, now);
  changes.audit.push_back(audit_entry("delete-account", "done", account.id, context, now));
  return changes;
}

}  // namespace
}  // namespace postern
