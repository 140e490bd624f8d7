#include "mail_smtp/smtp_mailer.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mail/mime.hpp"
#include "mail_smtp/session.hpp"
#include "mail_smtp/wire_message.hpp"

namespace postern {
namespace {

using std::chrono::steady_clock;

DeliveryReport refused_here(const Error& error) {
  const bool never = error.retry == Retry::kNever;
  return {never ? DeliveryEnd::kNever : DeliveryEnd::kLater, error.detail, false};
}

DeliveryReport relay_failed(const std::string& reason) {
  return {DeliveryEnd::kLater, reason, true};
}

/// A letter that may be sent.
struct Letter {
  std::string to;
  std::string wire;
};

Result<Letter> prepare(Mail mail, const Sender& sender) {
  for (const std::string_view address :
       {std::string_view(sender.address), std::string_view(mail.to)}) {
    if (Status checked = check_envelope_address(address); !checked) return checked.error();
  }
  Result<std::string> message = to_mime(mail, sender);
  if (!message) return message.error();
  Result<std::string> wire = to_wire(*std::move(message));
  if (!wire) return wire.error();
  return Letter{std::move(mail.to), *std::move(wire)};
}

/// One relay, as this mailer knows it.
struct Link {
  /// The trusted certificates are read once; a file that cannot be read is tried again next time.
  Result<std::unique_ptr<SmtpSession>> open(const SmtpOptions& options, SmtpDeadline deadline) {
    if (options.tls != SmtpTls::kNone && !tls) {
      Result<TlsContext> made = TlsContext::create(options.ca_file);
      if (!made) return made.error();
      tls.emplace(*std::move(made));
    }
    return SmtpSession::open(options, tls ? &*tls : nullptr, deadline);
  }

  void close() {
    if (session) session->quit();
    session.reset();
  }

  bool announced() const { return session && session->announced(); }

  std::optional<TlsContext> tls;
  std::unique_ptr<SmtpSession> session;
  steady_clock::time_point last_used;
  /// Connections that ended midway, with no letter sent since.
  int cut_offs = 0;
};

}  // namespace

struct SmtpMailer::Impl {
  explicit Impl(RelayPool& pool) : relays(pool), links(pool.size()) {}

  SmtpHead head_of(const Letter& letter) const {
    return {relays.options(0).sender.address, letter.to, letter.wire.size()};
  }

  std::optional<Letter> take(LetterSource& letters);
  const Letter* look_ahead(LetterSource& letters);
  DeliveryReport send(Letter& letter, LetterSource& letters);
  std::optional<RelayTurn> take_turn(std::size_t first);
  SmtpOutcome try_relay(const RelayTurn& turn, Letter& letter, LetterSource& letters);
  SmtpOutcome transact(const RelayTurn& turn, Letter& letter, LetterSource& letters);
  void judge(RelayTurn& turn, const SmtpOutcome& outcome);
  void close_behind(std::size_t relay);

  RelayPool& relays;
  std::vector<Link> links;
  /// Of the letter at hand.
  SmtpDeadline deadline;
  /// Taken from the source before their turn: letters that must not be sent, then one that may.
  std::vector<DeliveryReport> refused;
  std::optional<Letter> ahead;
};

/// The next letter that may be sent, after a word about those that may not.
std::optional<Letter> SmtpMailer::Impl::take(LetterSource& letters) {
  for (const DeliveryReport& report : std::exchange(refused, {})) letters.finished(report);
  if (ahead) return std::exchange(ahead, std::nullopt);
  while (std::optional<Mail> mail = letters.next()) {
    Result<Letter> letter = prepare(*std::move(mail), relays.options(0).sender);
    if (letter) return *std::move(letter);
    letters.finished(refused_here(letter.error()));
  }
  return std::nullopt;
}

/// What take() will return, without a word before its time.
const Letter* SmtpMailer::Impl::look_ahead(LetterSource& letters) {
  while (!ahead) {
    std::optional<Mail> mail = letters.next();
    if (!mail) return nullptr;
    Result<Letter> letter = prepare(*std::move(mail), relays.options(0).sender);
    if (letter)
      ahead = *std::move(letter);
    else
      refused.push_back(refused_here(letter.error()));
  }
  return &*ahead;
}

/// To the first relay that may be used, and after a fault of it to the next one.
DeliveryReport SmtpMailer::Impl::send(Letter& letter, LetterSource& letters) {
  const auto begun = steady_clock::now();
  const std::chrono::milliseconds most = relays.options(0).timeouts.delivery;
  deadline = begun + most;
  std::optional<DeliveryReport> fault;
  for (std::size_t first = 0;;) {
    std::optional<RelayTurn> turn = take_turn(first);
    if (!turn) return fault ? *fault : relay_failed("held back: " + relays.last_fault());
    const SmtpOutcome outcome = try_relay(*turn, letter, letters);
    judge(*turn, outcome);
    if (!outcome.report.relay_fault || outcome.after_dot) return outcome.report;
    // What is left must do for a relay that is not to blame for the time that this one took.
    if (steady_clock::now() - begun > most / 2) return outcome.report;
    fault = outcome.report;
    first = turn->relay() + 1;
  }
}

std::optional<RelayTurn> SmtpMailer::Impl::take_turn(std::size_t first) {
  const auto announced =
      std::find_if(links.begin(), links.end(), [](const Link& link) { return link.announced(); });
  if (announced != links.end())
    return relays.go_on(static_cast<std::size_t>(announced - links.begin()));
  return relays.pick(steady_clock::now(), first);
}

SmtpOutcome SmtpMailer::Impl::try_relay(const RelayTurn& turn, Letter& letter,
                                        LetterSource& letters) {
  Link& link = links[turn.relay()];
  if (!link.announced()) {
    // A probe may fail: then the connection to the lesser relay is still good.
    if (!turn.is_probe()) close_behind(turn.relay());
    if (link.session && link.session->used_up()) link.close();
    if (link.session && !link.session->usable()) link.session.reset();
  }
  for (;;) {
    if (!link.session) {
      Result<std::unique_ptr<SmtpSession>> opened =
          link.open(relays.options(turn.relay()), deadline);
      if (!opened) return {relay_failed(opened.error().detail)};
      link.session = *std::move(opened);
    }
    SmtpOutcome outcome = transact(turn, letter, letters);
    link.last_used = steady_clock::now();
    if (link.session->ended()) link.session.reset();
    if (outcome.keep_apart) relays.keep_letters_apart(turn.relay());
    // A letter is stale once as an announced one, and once on a connection that was warm.
    if (!outcome.stale) return outcome;
  }
}

SmtpOutcome SmtpMailer::Impl::transact(const RelayTurn& turn, Letter& letter,
                                       LetterSource& letters) {
  SmtpSession& session = *links[turn.relay()].session;
  const SmtpHead head = head_of(letter);
  const auto begun = steady_clock::now();
  if (std::optional<SmtpOutcome> over = session.open_letter(head, deadline)) return *over;
  const Letter* next = nullptr;
  const auto now = steady_clock::now();
  // Who has to wait for this one had better go another way.
  const bool quick = now - begun < limits::kSmtpQuickHead;
  if (quick && session.may_announce(head) && relays.may_announce(turn, now))
    next = look_ahead(letters);
  if (next == nullptr) return session.send_letter(head, letter.wire, nullptr, deadline);
  const SmtpHead next_head = head_of(*next);
  const bool fits = session.may_announce(next_head);
  return session.send_letter(head, letter.wire, fits ? &next_head : nullptr, deadline);
}

void SmtpMailer::Impl::judge(RelayTurn& turn, const SmtpOutcome& outcome) {
  Link& link = links[turn.relay()];
  if (!outcome.report.relay_fault) {
    const bool healed = turn.is_probe();
    turn.worked();
    if (healed) close_behind(turn.relay());
    if (outcome.report.end == DeliveryEnd::kDone) link.cut_offs = 0;
    return;
  }
  const bool by_chance = outcome.cut_off && link.cut_offs++ == 0;
  if (!by_chance || turn.is_probe()) turn.failed(outcome.report.reason, steady_clock::now());
}

void SmtpMailer::Impl::close_behind(std::size_t relay) {
  for (std::size_t i = relay + 1; i < links.size(); ++i) links[i].close();
}

SmtpMailer::SmtpMailer(RelayPool& relays) : impl_(std::make_unique<Impl>(relays)) {}

SmtpMailer::~SmtpMailer() {
  for (Link& link : impl_->links) link.close();
}

void SmtpMailer::deliver(LetterSource& letters) {
  // Of a source that threw; its connections are found unusable.
  impl_->refused.clear();
  impl_->ahead.reset();
  for (Link& link : impl_->links) {
    if (link.announced()) link.session.reset();
  }
  while (std::optional<Letter> letter = impl_->take(letters))
    letters.finished(impl_->send(*letter, letters));
}

void SmtpMailer::idle() {
  const auto now = steady_clock::now();
  for (std::size_t i = 0; i < impl_->links.size(); ++i) {
    Link& link = impl_->links[i];
    if (link.session && now - link.last_used >= impl_->relays.options(i).timeouts.warm_idle)
      link.close();
  }
}

std::chrono::steady_clock::time_point SmtpMailer::ready_at() const {
  return impl_->relays.ready_at(steady_clock::now());
}

Status probe_relay(const SmtpOptions& options) {
  Link link;
  Result<std::unique_ptr<SmtpSession>> session =
      link.open(options, steady_clock::now() + options.timeouts.delivery);
  if (!session) return session.error();
  (*session)->quit();
  return {};
}

}  // namespace postern
