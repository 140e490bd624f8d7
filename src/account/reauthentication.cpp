#include "account/reauthentication.hpp"

namespace postern {

void reauthenticate(SessionServices& services, const Credentials& credentials, Secret password,
                    const RequestContext& context,
                    std::function<void(Result<Reauthenticated>)> done) {
  const auto check = [&services, password = std::move(password), context,
                      done = std::move(done)](Result<SignedIn> person) {
    if (!person) return done(person.error());
    const auto checked = [done, person = *person](Result<CheckedPassword> result) {
      if (!result) return done(result.error());
      if (!result->account || result->account->id != person.account.id) {
        return done(Error{"wrong_password", Retry::kNever, "not the account's password"});
      }
      done(Reauthenticated{person, *std::move(result)});
    };
    check_password(services,
                   {person->account.email_key, password, context, {}, {}, person->session.id},
                   checked);
  };
  signed_in(services, credentials, {}, check);
}

}  // namespace postern
