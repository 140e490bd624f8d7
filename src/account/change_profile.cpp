#include "account/change_profile.hpp"

#include "account/audit.hpp"

namespace postern {
namespace {

Account changed(const Account& current, const ProfileChange& change, TimePoint now) {
  Account account = current;
  if (change.locale) account.locale = *change.locale;
  if (change.display_name) account.display_name = *change.display_name;
  account.updated_at = now;
  return account;
}

}  // namespace

void change_profile(SessionServices& services, const Credentials& credentials, ProfileChange change,
                    std::function<void(Result<Account>)> done) {
  const auto decide = [&services, change](const SignedIn& person) -> Result<Changes> {
    const TimePoint now = services.clock.now();
    Changes changes;
    changes.account = changed(person.account, change, now);
    changes.audit.push_back(
        audit_entry("change-profile", "done", person.account.id, change.context, now));
    return changes;
  };
  const auto finish = [&services, change, done = std::move(done)](const Result<SignedIn>& person) {
    if (!person) return done(person.error());
    done(changed(person->account, change, services.clock.now()));
  };
  signed_in(services, credentials, decide, finish);
}

}  // namespace postern
