// The steps of a session that has begun, and what is compared after every step.
#include <boost/json.hpp>
#include <set>

#include "property.hpp"
#include "queue/job_codec.hpp"
#include "session_play.hpp"

namespace postern::fuzz {
namespace {

using namespace std::chrono_literals;

}  // namespace

/// The token at `place` of the chain: the last one, an earlier one, or one that was stolen.
void Play::refresh(Login& login, std::size_t place) {
  const Person& owner = people_[login.person];
  const TimePoint now = clock_.now();
  const bool active = login.is_active(owner, now) && !login.cookie;
  const auto response = send("POST", "/refresh", json_of({{"refresh_token", login.tokens[place]}}));
  if (failed(response)) return;
  expect_mails({});
  if (!active) return require(response.status == 401);
  const bool last = place + 1 == login.tokens.size();
  if (!last && !login.is_repeated(place, now)) {
    require(response.status == 401);
    login.ended = true;
    return;
  }
  require(response.status == 200);
  const auto body = boost::json::parse(response.body);
  const std::string token(body.at("refresh_token").as_string());
  if (last) {
    require(std::ranges::count(login.tokens, token) == 0);
    login.tokens.push_back(token);
    login.spent.push_back(now);
    login.last_used_at = now;
  } else {
    require(token == login.tokens.back());
    login.touch(now);
  }
  login.access_token = body.at("access_token").as_string();
  login.access_until = now + 15min;
}

/// Tokens that were not made here change nothing, and neither do those of another use.
void Play::invent(Login& login, std::size_t place) {
  const auto before = database_.generation();
  std::string token = login.tokens.back();
  char& changed = token[token.size() - 1 - place % 40];
  changed = changed == 'A' ? 'B' : 'A';
  const auto refused = [&](const std::string& path, const std::string& body,
                           std::vector<HttpHeader> headers) {
    const auto response = send(path == "/me" ? "GET" : "POST", path, body, std::move(headers));
    if (!failed(response)) require(response.status == 401 || response.status == 400);
  };
  const std::string bare = token.substr(token.find('=') + 1);
  const std::string own = login.tokens.back().substr(login.tokens.back().find('=') + 1);
  refused("/refresh", json_of({{"refresh_token", bare}}), {});
  refused("/set-password", json_of({{"token", own}, {"password", kPasswords[0]}}), {});
  refused("/confirm-email", json_of({{"token", own}}), {});
  refused("/me", "", {{"Authorization", "Bearer " + own}});
  refused("/me", "", {{"Cookie", "__Host-postern=" + (login.cookie ? bare : own)}});
  if (login.cookie) refused("/refresh", json_of({{"refresh_token", own}}), {});
  if (!login.cookie) refused("/refresh", json_of({{"refresh_token", login.access_token}}), {});
  expect_mails({});
  require(database_.generation() == before);
}

void Play::look(Login& login) {
  const bool signed_in = is_signed_in(login);
  const auto response = send("GET", "/me", "", {credentials(login)});
  if (failed(response)) return;
  expect_mails({});
  require(response.status == (signed_in ? 200 : 401));
  if (!signed_in) return;
  login.touch(clock_.now());
  const auto body = boost::json::parse(response.body);
  require(body.at("email").as_string() == people_[login.person].email);
  require(body.at("id").as_string() == people_[login.person].id);
}

void Play::log_out(Login& login) {
  const bool signed_in = is_signed_in(login);
  const auto response = send("POST", "/logout", "", {credentials(login)});
  if (failed(response)) return;
  expect_mails({});
  // A session that has ended already is what was asked for.
  require(response.status == 204);
  if (signed_in) login.ended = true;
}

/// Whether the request got as far as the right password; all else is looked at here.
bool Play::reauthenticated(Login& login, std::size_t password, const HttpResponse& response) {
  const bool signed_in = is_signed_in(login);
  if (failed(response)) {
    login.guesses.uncertain = true;
    return false;
  }
  if (!signed_in) {
    require(response.status == 401);
    expect_mails({});
    return false;
  }
  const TimePoint now = clock_.now();
  login.touch(now);
  require(response.status == 429 ? login.guesses.may_wait() : !login.guesses.must_wait(now));
  const bool right = people_[login.person].password == password;
  if (response.status != 429 && right) return true;
  require(response.status == 429 || response.status == 403);
  if (response.status == 403) login.guesses.count(now);
  expect_mails({});
  return false;
}

void Play::change_password(Login& login, std::size_t current, std::size_t wanted) {
  const auto response = send(
      "POST", "/me/password",
      json_of({{"current_password", kPasswords[current]}, {"new_password", kPasswords[wanted]}}),
      {credentials(login)});
  if (!reauthenticated(login, current, response)) return;
  if (wanted == kWeakPassword) {
    require(response.status == 422);
    login.guesses.count(clock_.now());
    return expect_mails({});
  }
  require(response.status == 204);
  Person& owner = people_[login.person];
  owner.password = wanted;
  owner.pending.clear();
  login.version = ++owner.version;
  login.guesses = {};
  guesses_.erase(owner.email);
  expect_mails({{MailKind::kPasswordChanged, owner.email}});
}

void Play::change_email(Login& login, std::size_t password, std::size_t address) {
  const std::string wanted(kAddresses[address]);
  const auto response =
      send("POST", "/me/email", json_of({{"email", wanted}, {"password", kPasswords[password]}}),
           {credentials(login)});
  if (!reauthenticated(login, password, response)) return;
  require(response.status == 202);
  login.guesses = {};
  Person& owner = people_[login.person];
  auto mails = take_mails();
  asked_[owner.email].push_back(clock_.now());
  asked_[wanted].push_back(clock_.now());
  // Over its limit the change is held back with its emails, in silence.
  if (mails.empty()) return;
  std::vector<Sent> expected{{MailKind::kConfirmEmail, wanted},
                             {MailKind::kEmailChangeRequested, owner.email}};
  std::ranges::sort(expected);
  require(mails == expected);
  owner.pending = wanted;
}

void Play::remove(Login& login, std::size_t password) {
  const auto response = send("POST", "/me/delete", json_of({{"password", kPasswords[password]}}),
                             {credentials(login)});
  if (!reauthenticated(login, password, response)) return;
  require(response.status == 204);
  Person& owner = people_[login.person];
  owner.exists = false;
  guesses_.erase(owner.email);
  expect_mails({{MailKind::kAccountDeleted, owner.email}});
}

/// The emails of the last step; each with a link becomes one of the links.
std::vector<Sent> Play::take_mails() {
  const auto state = database_.state();
  std::vector<Sent> mails;
  for (; rows_ < state.outbox.size(); ++rows_) {
    const auto job = decode_mail_job(state.outbox[rows_].row.body);
    require(bool(job));
    mails.push_back({job->kind, job->email});
    Link link{*job};
    const auto owner = std::ranges::find(people_, job->account_id, &Person::id);
    link.person = static_cast<std::size_t>(owner - people_.begin());
    links_.push_back(std::move(link));
  }
  std::ranges::sort(mails);
  return mails;
}

void Play::expect_mails(std::vector<Sent> expected) {
  std::ranges::sort(expected);
  require(take_mails() == expected);
}

/// After a fault: what only the store knows now.
void Play::resync() {
  const auto state = database_.state();
  for (Person& person : people_) {
    // An account that is not confirmed may have given way before the fault.
    if (!person.confirmed && !state.accounts.contains(person.id)) person.exists = false;
  }
  for (Login& login : logins_) {
    const auto stored = state.sessions.find(login.id);
    if (stored != state.sessions.end()) login.last_used_at = stored->second.last_used_at;
  }
}

/// The store holds what the model believes, and no more.
void Play::check_store() {
  const auto state = database_.state();
  std::size_t existing = 0;
  for (const Person& person : people_) {
    const auto stored = state.accounts.find(person.id);
    require(person.exists == (stored != state.accounts.end()));
    if (!person.exists) continue;
    ++existing;
    const Account& account = stored->second;
    require(account.email == person.email && account.email_key == person.email);
    require((account.state == AccountState::kConfirmed) == person.confirmed);
    require(account.password_hash.empty() != person.password.has_value());
    require(account.credential_version == person.version);
    require(account.pending_email == person.pending);
  }
  require(existing == state.accounts.size());
  std::set<std::string> emails;
  for (const auto& [id, account] : state.accounts) require(emails.insert(account.email).second);
  for (const auto& [id, session] : state.sessions) {
    // What ended with a change of the account is gone, not only refused.
    const auto owner = state.accounts.find(session.account_id);
    require(owner != state.accounts.end());
    require(session.credential_version == owner->second.credential_version);
  }
  for (const Login& login : logins_) {
    require(!login.ended || !state.sessions.contains(login.id));
    const bool active = login.is_active(people_[login.person], clock_.now());
    require(!active || state.sessions.contains(login.id));
  }
  require(state.requests.empty());
}

/// At the end: every session, every link and every password does what the model says, once more.
void Play::check_all() {
  fault_ = Fault::kNone;
  for (Login& login : logins_) look(login);
  for (std::size_t i = 0; i < links_.size(); ++i) open(i);
  for (std::size_t address = 0; address < kAddresses.size(); ++address) {
    for (std::size_t password = 0; password < kPasswords.size(); ++password) {
      // All waits for wrong passwords are over.
      clock_.advance(20min);
      guesses_.erase(std::string(kAddresses[address]));
      log_in(address, password, false);
    }
  }
  for (std::size_t i = 0; i < logins_.size(); ++i) refresh(logins_[i], 0);
  check_store();
}

}  // namespace postern::fuzz
