#include "account/end_sessions.hpp"

#include <algorithm>

#include "account/announce.hpp"
#include "account/audit.hpp"

namespace postern {
namespace {

std::function<void(Result<SignedIn>)> as_status(std::function<void(Status)> done) {
  return [done = std::move(done)](const Result<SignedIn>& result) {
    done(result ? Status{} : Status{result.error()});
  };
}

AuditEntry entry(const SessionServices& services, std::string_view action, const SignedIn& person,
                 const RequestContext& context) {
  return audit_entry(action, "done", person.account.id, context, services.clock.now());
}

}  // namespace

void log_out(SessionServices& services, const Credentials& credentials,
             const RequestContext& context, std::function<void(Status)> done) {
  const auto decide = [&services, context](const SignedIn& person) -> Result<Changes> {
    Changes changes;
    changes.sessions.removals.push_back(person.session.id);
    announce_revoked(services, changes, {&person.session, 1}, {}, services.clock.now());
    changes.audit.push_back(entry(services, "logout", person, context));
    return changes;
  };
  signed_in(services, credentials, decide, as_status(std::move(done)));
}

void end_session(SessionServices& services, const Credentials& credentials, std::string id,
                 const RequestContext& context, std::function<void(Status)> done) {
  const auto decide = [&services, context,
                       id = std::move(id)](const SignedIn& person) -> Result<Changes> {
    const auto found = std::find_if(person.sessions.begin(), person.sessions.end(),
                                    [&](const Session& session) { return session.id == id; });
    if (found == person.sessions.end()) {
      return Error{"not_found", Retry::kNever, "no session of that id"};
    }
    Changes changes;
    changes.sessions.removals.push_back(id);
    announce_revoked(services, changes, {&*found, 1}, {}, services.clock.now());
    changes.audit.push_back(entry(services, "end-session", person, context));
    return changes;
  };
  signed_in(services, credentials, decide, as_status(std::move(done)));
}

void end_other_sessions(SessionServices& services, const Credentials& credentials,
                        const RequestContext& context, std::function<void(Status)> done) {
  const auto decide = [&services, context](const SignedIn& person) -> Result<Changes> {
    Changes changes;
    changes.sessions.ends.push_back({person.account.id, person.session.id});
    announce_revoked(services, changes, person.sessions, person.session.id, services.clock.now());
    changes.audit.push_back(entry(services, "end-other-sessions", person, context));
    return changes;
  };
  signed_in(services, credentials, decide, as_status(std::move(done)));
}

}  // namespace postern
