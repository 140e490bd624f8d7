#include "session_play.hpp"

#include <boost/json.hpp>
#include <memory>
#include <set>

#include "property.hpp"
#include "queue/job_codec.hpp"
#include "text/form.hpp"

namespace postern::fuzz {
namespace {

using namespace std::chrono_literals;

/// Enough for every transition, and no more sessions than an account may have.
constexpr std::size_t kSteps = 60;
/// MAIL_LIMIT_PER_ADDRESS lets a window's number through at once and as many again while it
/// refills.
constexpr std::ptrdiff_t kMailsPerHour = 2 * 3;
constexpr std::ptrdiff_t kMailsPerDay = 2 * 10;
/// A recovery whose link has expired is let through beyond it.
constexpr std::ptrdiff_t kRecoveriesPerHour = 2;
constexpr std::ptrdiff_t kRecoveriesPerDay = 25;

/// One more event at `now`; whether there are no more of them than that.
bool note(std::vector<TimePoint>& times, TimePoint now, std::ptrdiff_t per_hour,
          std::ptrdiff_t per_day) {
  times.push_back(now);
  const auto within = [&](Duration window) {
    return std::ranges::count_if(times, [&](TimePoint at) { return now - at < window; });
  };
  return within(1h) <= per_hour && within(24h) <= per_day;
}

std::string member(const HttpResponse& response, const char* name) {
  return std::string(boost::json::parse(response.body).at(name).as_string());
}

/// The responses of one meaning are the same bytes, whomever they are about.
void require_same(const HttpResponse& response) {
  static std::map<std::string, std::string> seen;
  const auto known = seen.emplace(std::to_string(response.status) + response.content_type,
                                  fakes::bytes_of(response));
  require(known.first->second == fakes::bytes_of(response));
}

}  // namespace

std::string json_of(std::initializer_list<JsonMember> members) {
  boost::json::object object;
  for (const auto& [name, value] : members) object[name] = value;
  return boost::json::serialize(object);
}

Play::Play() { require(bool(keys_.load())); }

void Play::run(std::string_view bytes) {
  reset();
  Choices choices(bytes);
  for (std::size_t i = 0; i < kSteps && !choices.at_end(); ++i) step(choices);
  check_all();
}

void Play::reset() {
  database_.clear();
  clock_.advance(from_unix_ms(1'760'000'000'000) - clock_.now());
  accounts_.settings.mail_rates.recipient = accounts_.settings.mails_per_address;
  std::destroy_at(&accounts_.budgets);
  std::construct_at(&accounts_.budgets, accounts_.settings.mail_rates);
  people_.clear();
  links_.clear();
  logins_.clear();
  guesses_.clear();
  asked_.clear();
  created_.clear();
  rows_ = 0;
  fault_ = Fault::kNone;
}

void Play::step(Choices& choices) {
  const std::size_t action = choices.below(16);
  const auto login = [&]() -> Login& { return logins_[choices.below(logins_.size())]; };
  const auto link = [&] { return choices.below(links_.size()); };
  const auto address = [&] { return choices.below(kAddresses.size()); };
  const auto password = [&] { return choices.below(kPasswords.size()); };
  if (action <= 1) {
    ask(address(), action == 1);
  } else if (action == 2 || action == 3) {
    const std::size_t who = address(), typed = password();
    log_in(who, typed, action == 3);
  } else if (action == 4) {
    constexpr std::array<Duration, 8> kPauses{1s, 11s, 59s, 20min, 61min, 24h, 24h * 6, 24h * 25};
    clock_.advance(kPauses[choices.below(kPauses.size())]);
  } else if (action == 5) {
    constexpr std::array kPlaces{fakes::StoreStep::kBegin, fakes::StoreStep::kFind,
                                 fakes::StoreStep::kWrite, fakes::StoreStep::kCommit};
    fault_step_ = kPlaces[choices.below(kPlaces.size())];
    fault_ = choices.below(2) == 0 ? Fault::kConflict : Fault::kUnavailable;
    return;
  } else if (action <= 8 && !links_.empty()) {
    const std::size_t which = link();
    if (action == 6) open(which);
    if (action == 7) set_password(which, password());
    const bool with_session = action == 8 && !logins_.empty() && choices.below(2) != 0;
    if (action == 8) confirm_email(which, with_session ? &login() : nullptr);
  } else if (action >= 9 && !logins_.empty()) {
    Login& own = login();
    if (action == 9) refresh(own, choices.below(own.tokens.size()));
    if (action == 10) invent(own, choices.below(64));
    if (action == 11) look(own);
    if (action == 12) log_out(own);
    if (action == 13) remove(own, password());
    const std::size_t current = action > 13 ? password() : 0;
    if (action == 14) change_password(own, current, password());
    if (action == 15) change_email(own, current, address());
  }
  check_store();
}

HttpResponse Play::send(const std::string& method, const std::string& path, const std::string& body,
                        std::vector<HttpHeader> headers) {
  const bool is_request = path == "/register" || path == "/recover-password";
  // A find first fails when the request is resolved, which is then tried again after a pause.
  fault_is_set_ = fault_ != Fault::kNone && !(is_request && fault_step_ == fakes::StoreStep::kFind);
  if (fault_is_set_) {
    const char* code =
        fault_ == Fault::kConflict ? store_error::kConflict : store_error::kUnavailable;
    database_.fail_next(fault_step_, {code, Retry::kLater, "a fault of the test"});
  }
  HttpRequest request;
  request.method = method;
  request.path = path.substr(0, path.find('?'));
  if (request.path.size() < path.size()) request.query = path.substr(request.path.size() + 1);
  request.headers = std::move(headers);
  request.body = body;
  const bool has_type = std::ranges::count(request.headers, "Content-Type", &HttpHeader::first) > 0;
  if (!body.empty() && !has_type) request.headers.emplace_back("Content-Type", kJson);
  HttpResponse response = call(request);
  database_.forget_failures();
  return response;
}

/// Whether the fault stopped the request; nothing that the model knows has changed then.
bool Play::failed(const HttpResponse& response) {
  const bool may_fail = std::exchange(fault_is_set_, false) && fault_ == Fault::kUnavailable;
  fault_ = Fault::kNone;
  require(response.status < 500 || (response.status == 503 && may_fail));
  if (response.status != 503) return false;
  expect_mails({});
  resync();
  return true;
}

std::size_t Play::person_of(std::string_view email) const {
  for (std::size_t i = 0; i < people_.size(); ++i) {
    if (people_[i].exists && people_[i].email == email) return i;
  }
  return kNone;
}

void Play::ask(std::size_t address, bool recovery) {
  const std::string email(kAddresses[address]);
  const auto response =
      send("POST", recovery ? "/recover-password" : "/register", json_of({{"email", email}}));
  if (failed(response)) return;
  require(response.status == 202);
  require_same(response);
  const std::size_t person = person_of(email);
  const auto mails = take_mails();
  const TimePoint now = clock_.now();
  auto& times = asked_[email];
  const bool first = times.empty() || now - times.back() > 24h;
  if (person == kNone && recovery) return require(mails.empty());
  if (mails.empty()) return require(!first);
  const bool confirmed = person != kNone && people_[person].confirmed;
  const MailKind kind = !confirmed ? MailKind::kConfirm
                        : recovery ? MailKind::kRecover
                                   : MailKind::kAlreadyRegistered;
  require(mails == std::vector<Sent>{{kind, email}});
  times.push_back(now);
  if (person == kNone) {
    require(note(created_[email], now, kMailsPerHour, kMailsPerDay));
    people_.push_back({links_.back().job.account_id, email});
  }
  Person& owner = people_[links_.back().person];
  if (kind == MailKind::kAlreadyRegistered) {
    return require(note(owner.notes, now, 1, 1));
  }
  require(
      note(owner.mails, now, kMailsPerHour + kRecoveriesPerHour, kMailsPerDay + kRecoveriesPerDay));
}

/// As the worker sends the email, when it is first looked for.
bool Play::is_prepared(Link& link) {
  if (!link.token.empty()) return true;
  const TimePoint now = clock_.now();
  if (now >= link.job.expires_at) return false;
  const auto mail = builder_.build(link.job, now);
  require(bool(mail) && mail->to == link.job.email);
  constexpr std::string_view kMark = "?token=";
  const std::size_t at = mail->text.find(kMark);
  if (at == std::string::npos) return false;
  const std::string_view rest = std::string_view(mail->text).substr(at + kMark.size());
  link.token = rest.substr(0, rest.find_first_of(" \r\n"));
  link.expires_at = link.takes_back() ? std::min(link.job.requested_at, now) + limits::kTakeBackLife
                                      : now + 60min;
  return true;
}

/// Looking at a link changes nothing, whatever link it is and wherever it is opened.
void Play::open(std::size_t which) {
  Link& link = links_[which];
  if (!is_prepared(link)) return;
  const auto before = database_.generation();
  const Person& owner = people_[link.person];
  const TimePoint now = clock_.now();
  const auto sets = send("GET", "/set-password?token=" + link.token, "", {{"Accept", "text/html"}});
  if (!failed(sets)) require(sets.status == (link.sets_password(owner, now) ? 200 : 400));
  const auto confirms =
      send("GET", "/confirm-email?token=" + link.token, "", {{"Accept", "text/html"}});
  if (!failed(confirms)) require(confirms.status == (link.confirms_email(owner, now) ? 200 : 400));
  require(database_.generation() == before);
}

/// Whether the address is free for the person: an account that is not confirmed gives way.
bool Play::make_way(std::size_t person, const std::string& email) {
  const std::size_t other = person_of(email);
  if (other == kNone || other == person) return true;
  if (people_[other].confirmed) return false;
  people_[other].exists = false;
  return true;
}

/// The account takes its count of emails along.
void Play::move(Person& person, const std::string& email) {
  person.email = email;
  asked_[email].push_back(clock_.now());
}

void Play::set_password(std::size_t which, std::size_t password) {
  Link& link = links_[which];
  if (!is_prepared(link)) return;
  Person& owner = people_[link.person];
  const bool valid = link.sets_password(owner, clock_.now());
  const auto response = send("POST", "/set-password",
                             json_of({{"token", link.token}, {"password", kPasswords[password]}}));
  if (failed(response)) return;
  if (!valid) require_same(response);
  if (!valid || password == kWeakPassword) {
    require(response.status == (valid ? 422 : 400));
    return expect_mails({});
  }
  std::vector<Sent> mails;
  if (link.takes_back()) {
    if (!make_way(link.person, link.job.email)) {
      require(response.status == 409);
      return expect_mails({});
    }
    mails.push_back({MailKind::kPasswordChanged, owner.email});
    move(owner, link.job.email);
  }
  require(response.status == 200);
  if (owner.password) mails.push_back({MailKind::kPasswordChanged, owner.email});
  owner.confirmed = true;
  owner.password = password;
  owner.pending.clear();
  ++owner.version;
  guesses_.erase(owner.email);
  expect_mails(std::move(mails));
}

void Play::confirm_email(std::size_t which, Login* with) {
  Link& link = links_[which];
  if (!is_prepared(link)) return;
  Person& owner = people_[link.person];
  const bool valid = link.confirms_email(owner, clock_.now());
  std::vector<HttpHeader> headers;
  if (with) headers.push_back(credentials(*with));
  const bool signed_in = with && is_signed_in(*with);
  const auto response = send("POST", "/confirm-email", json_of({{"token", link.token}}), headers);
  if (failed(response)) return;
  if (!valid) {
    require(response.status == 400);
    return expect_mails({});
  }
  if (signed_in) with->touch(clock_.now());
  if (!make_way(link.person, link.job.email)) {
    require(response.status == 409);
    return expect_mails({});
  }
  require(response.status == 200);
  expect_mails({{MailKind::kEmailChanged, owner.email}});
  move(owner, link.job.email);
  owner.pending.clear();
  ++owner.version;
  if (signed_in && with->person == link.person) with->version = owner.version;
}

void Play::log_in(std::size_t address, std::size_t password, bool cookie) {
  const std::string email(kAddresses[address]);
  const std::string_view typed = kPasswords[password];
  const auto response =
      cookie ? send("POST", "/login",
                    "email=" + percent_encode(email) + "&password=" + percent_encode(typed),
                    {{"Content-Type", kUrlencoded}, {"Accept", kBrowserAccept}})
             : send("POST", "/login", json_of({{"email", email}, {"password", typed}}));
  auto& guesses = guesses_[email];
  if (failed(response)) {
    guesses.uncertain = true;
    return;
  }
  expect_mails({});
  const TimePoint now = clock_.now();
  require(response.status == 429 ? guesses.may_wait() : !guesses.must_wait(now));
  if (response.status == 429) return;
  const std::size_t person = person_of(email);
  const bool right =
      person != kNone && people_[person].confirmed && people_[person].password == password;
  if (!right) {
    require(response.status == 401);
    if (!cookie) require_same(response);
    return guesses.count(now);
  }
  require(response.status == (cookie ? 303 : 200));
  guesses_.erase(email);
  begin(person, cookie, response);
}

void Play::begin(std::size_t person, bool cookie, const HttpResponse& response) {
  const TimePoint now = clock_.now();
  Login login{person, {}, cookie};
  login.version = people_[person].version;
  login.created_at = login.last_used_at = now;
  if (cookie) {
    const std::string set = fakes::header_of(response, "Set-Cookie");
    login.tokens = {set.substr(0, set.find(';'))};
  } else {
    login.tokens = {member(response, "refresh_token")};
    login.access_token = member(response, "access_token");
    login.access_until = now + 15min;
  }
  for (const auto& [id, session] : database_.state().sessions) {
    if (std::ranges::count(logins_, id, &Login::id) == 0) login.id = id;
  }
  require(!login.id.empty());
  logins_.push_back(std::move(login));
}

HttpHeader Play::credentials(const Login& login) const {
  if (login.cookie) return {"Cookie", login.tokens.front()};
  return {"Authorization", "Bearer " + login.access_token};
}

bool Play::is_signed_in(const Login& login) const {
  const TimePoint now = clock_.now();
  return login.is_active(people_[login.person], now) && (login.cookie || now < login.access_until);
}

}  // namespace postern::fuzz
