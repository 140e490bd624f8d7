#include "mail_smtp/smtp_mailer.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mail/mime.hpp"
#include "mail_smtp/smtp_session.hpp"
#include "mail_smtp/wire_message.hpp"

namespace postern {
namespace {

using std::chrono::steady_clock;

DeliveryReport refused_here(const Error& error) {
  const bool never = error.retry == Retry::kNever;
  return {never ? DeliveryOutcome::kFailed : DeliveryOutcome::kDeferred, error.cause};
}

DeliveryReport report_of(const Verdict& verdict, std::string words, std::string relay) {
  DeliveryReport report{verdict.outcome, std::move(words)};
  report.relay = std::move(relay);
  report.relay_fault = !verdict.counts;
  report.unknown = verdict.next == NextAttempt::kUnknownPause;
  return report;
}

/// Nothing was tried, for the reason of the last fault.
DeliveryReport untried(const std::string& reason) {
  return {.outcome = DeliveryOutcome::kDeferred,
          .reason = "held back: " + reason,
          .relay_fault = true,
          .untried = true};
}

/// An email that may be sent.
struct PreparedMessage {
  std::string id;
  std::string to;
  std::string wire;
  int unknown_outcomes = 0;
};

Result<PreparedMessage> prepare(Mail mail, const Sender& sender) {
  for (const std::string_view address :
       {std::string_view(sender.address), std::string_view(mail.to)}) {
    if (Status checked = check_envelope_address(address); !checked) return checked.error();
  }
  Result<std::string> message = to_mime(mail, sender);
  if (!message) return message.error();
  Result<std::string> wire = to_wire(*std::move(message));
  if (!wire) return wire.error();
  return PreparedMessage{std::move(mail.id), std::move(mail.to), *std::move(wire),
                         mail.unknown_outcomes};
}

/// One relay, as this mailer knows it.
struct Link {
  /// The trusted certificates are read once; a file that cannot be read is tried again next time.
  std::optional<SmtpFailure> open(const SmtpOptions& options, SmtpDeadline deadline,
                                  const std::atomic<bool>* interrupted = nullptr) {
    if (options.tls != SmtpTls::kNone && !tls) {
      Result<TlsContext> made = TlsContext::create(options.ca_file);
      if (!made) return SmtpFailure{SmtpStep::kStartTls, {}, made.error()};
      tls.emplace(*std::move(made));
    }
    SmtpFailure failure;
    session = SmtpSession::open(options, tls ? &*tls : nullptr, deadline, interrupted, failure);
    return session ? std::nullopt : std::optional(std::move(failure));
  }

  void drop() {
    session.reset();
    mark = SessionMark();
  }

  void close() {
    if (session) session->quit();
    drop();
  }

  bool announced() const { return session && session->announced(); }

  std::optional<TlsContext> tls;
  std::unique_ptr<SmtpSession> session;
  SessionMark mark;
  steady_clock::time_point last_used;
};

/// While other connections are open: it wants no further one.
bool wants_fewer_connections(const SmtpFailure& failure) {
  return failure.step < SmtpStep::kMail && failure.reply.code / 100 == 4;
}

}  // namespace

struct SmtpMailer::Impl {
  explicit Impl(RelayPool& pool) : relays(pool), links(pool.size()) {}

  SmtpHead head_of(const PreparedMessage& message) const {
    return {relays.options(0).sender.address, message.to, message.wire.size()};
  }

  std::optional<PreparedMessage> take(MailSource& source);
  const PreparedMessage* look_ahead(MailSource& source);
  DeliveryReport send(PreparedMessage& message, MailSource& source);
  std::optional<RelayTurn> take_turn(std::size_t first);
  SmtpOutcome try_relay(const RelayTurn& turn, PreparedMessage& message, MailSource& source);
  SmtpOutcome transact(const RelayTurn& turn, PreparedMessage& message, MailSource& source);
  DeliveryReport conclude_sent(RelayTurn& turn, const SmtpOutcome& outcome);
  Verdict conclude(RelayTurn& turn, const SmtpOutcome& outcome, const PreparedMessage& message);
  bool is_crowded(const RelayTurn& turn, const SmtpOutcome& outcome) const;
  void close_behind(std::size_t relay);

  RelayPool& relays;
  std::vector<Link> links;
  /// Of the email at hand.
  SmtpDeadline deadline;
  /// Taken from the source before their turn: emails that must not be sent, then one that may.
  std::vector<DeliveryReport> refused;
  std::optional<PreparedMessage> ahead;
  steady_clock::time_point pauses_until;
};

/// The next email that may be sent, after a word about those that may not.
std::optional<PreparedMessage> SmtpMailer::Impl::take(MailSource& source) {
  for (const DeliveryReport& report : std::exchange(refused, {})) source.finished(report);
  if (ahead) return std::exchange(ahead, std::nullopt);
  while (std::optional<Mail> mail = source.next()) {
    Result<PreparedMessage> message = prepare(*std::move(mail), relays.options(0).sender);
    if (message) return *std::move(message);
    source.finished(refused_here(message.error()));
  }
  return std::nullopt;
}

/// The message that take() will return; a refused one is reported when it is taken.
const PreparedMessage* SmtpMailer::Impl::look_ahead(MailSource& source) {
  while (!ahead) {
    std::optional<Mail> mail = source.next();
    if (!mail) return nullptr;
    Result<PreparedMessage> message = prepare(*std::move(mail), relays.options(0).sender);
    if (message)
      ahead = *std::move(message);
    else
      refused.push_back(refused_here(message.error()));
  }
  return &*ahead;
}

/// To the first relay that may be used, and after a fault of it to the next one.
DeliveryReport SmtpMailer::Impl::send(PreparedMessage& message, MailSource& source) {
  const auto begun = steady_clock::now();
  const std::chrono::milliseconds most = relays.options(0).timeouts.delivery;
  deadline = begun + most;
  std::optional<DeliveryReport> fault;
  for (std::size_t first = 0;;) {
    std::optional<RelayTurn> turn = take_turn(first);
    if (!turn) return fault ? *fault : untried(relays.last_fault());
    const SmtpOutcome outcome = try_relay(*turn, message, source);
    if (!outcome.failure) return conclude_sent(*turn, outcome);
    const std::string words = failure_words(*outcome.failure, message.to);
    if (is_crowded(*turn, outcome)) {
      pauses_until = steady_clock::now() + limits::kSmtpCrowdedPause;
      if (!fault) fault = untried(words);
    } else {
      const Verdict verdict = conclude(*turn, outcome, message);
      fault = report_of(verdict, words, relays.options(turn->relay()).host);
      if (!verdict.try_next_relay) return *fault;
    }
    // The time that is left must suffice for a relay that did not cause the delay.
    if (steady_clock::now() - begun > most / 2) return *fault;
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

SmtpOutcome SmtpMailer::Impl::try_relay(const RelayTurn& turn, PreparedMessage& message,
                                        MailSource& source) {
  Link& link = links[turn.relay()];
  if (!link.announced()) {
    // A trial may fail: then the connection to the lesser relay is still good.
    if (!turn.is_trial()) close_behind(turn.relay());
    if (link.session && link.session->used_up()) link.close();
    if (link.session && !link.session->usable()) link.drop();
  }
  for (;;) {
    if (!link.session) {
      auto failure = link.open(relays.options(turn.relay()), deadline);
      if (failure) return {.failure = std::move(failure)};
      link.mark = relays.mark_session(turn.relay());
    }
    SmtpOutcome outcome = transact(turn, message, source);
    link.last_used = steady_clock::now();
    if (link.session->ended()) link.drop();
    if (outcome.keep_apart) relays.keep_mails_apart(turn.relay());
    // An email is stale once as an announced one, and once on a connection that was warm.
    if (!outcome.stale) return outcome;
  }
}

SmtpOutcome SmtpMailer::Impl::transact(const RelayTurn& turn, PreparedMessage& message,
                                       MailSource& source) {
  SmtpSession& session = *links[turn.relay()].session;
  const SmtpHead head = head_of(message);
  const auto begun = steady_clock::now();
  if (std::optional<SmtpOutcome> over = session.pending_mail(head, deadline)) return *over;
  const PreparedMessage* next = nullptr;
  const auto now = steady_clock::now();
  // Who has to wait for this one had better go another way.
  const bool quick = now - begun < limits::kSmtpQuickHead;
  if (quick && session.may_announce(head) && relays.may_announce(turn, now))
    next = look_ahead(source);
  if (next == nullptr) return session.send_mail(head, message.wire, nullptr, deadline);
  AnnouncedMail announced{head_of(*next), [this, &source] {
                            ahead.reset();
                            source.give_back();
                          }};
  const bool fits = session.may_announce(announced.head);
  return session.send_mail(head, message.wire, fits ? &announced : nullptr, deadline);
}

DeliveryReport SmtpMailer::Impl::conclude_sent(RelayTurn& turn, const SmtpOutcome& outcome) {
  const bool healed = turn.is_trial();
  turn.sent();
  if (healed) close_behind(turn.relay());
  return {.outcome = DeliveryOutcome::kSent,
          .reason = outcome.words,
          .relay = relays.options(turn.relay()).host};
}

bool SmtpMailer::Impl::is_crowded(const RelayTurn& turn, const SmtpOutcome& outcome) const {
  return wants_fewer_connections(*outcome.failure) && relays.sessions(turn.relay()) > 0;
}

Verdict SmtpMailer::Impl::conclude(RelayTurn& turn, const SmtpOutcome& outcome,
                                   const PreparedMessage& message) {
  const SmtpFailure& failure = *outcome.failure;
  const std::size_t relay = turn.relay();
  const bool in_transaction = failure.step >= SmtpStep::kMail;
  const bool answered = failure.has_reply() && failure.reply.code >= 400;
  DeliveryHistory history{.blamed_relay = relays.has_blamed_us(relay, message.id),
                          .new_connection = outcome.new_connection,
                          .unknown_outcomes = message.unknown_outcomes};
  if (in_transaction && answered) relays.answered(relay);
  if (in_transaction && !answered && outcome.new_connection)
    history.other_job_cut_off = relays.cut_off(relay, message.id);

  const Verdict verdict = judge(failure, history, message.to);
  const auto now = steady_clock::now();
  if (verdict.hold) {
    if (in_transaction && answered) relays.note_blame(relay, message.id);
    turn.failed({verdict.fault, failure_words(failure, message.to), message.id}, now);
    links[relay].close();
  } else if (verdict.owner == FaultOwner::kRelay) {
    turn.unchanged(now);
  } else if (answered) {
    turn.worked();
  }
  return verdict;
}

void SmtpMailer::Impl::close_behind(std::size_t relay) {
  for (std::size_t i = relay + 1; i < links.size(); ++i) links[i].close();
}

SmtpMailer::SmtpMailer(RelayPool& relays) : impl_(std::make_unique<Impl>(relays)) {}

SmtpMailer::~SmtpMailer() {
  for (Link& link : impl_->links) link.close();
}

void SmtpMailer::deliver(MailSource& source) {
  // Of a source that threw; its connections are found unusable.
  impl_->refused.clear();
  impl_->ahead.reset();
  for (Link& link : impl_->links) {
    if (link.announced()) link.drop();
  }
  while (std::optional<PreparedMessage> message = impl_->take(source))
    source.finished(impl_->send(*message, source));
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

std::chrono::steady_clock::time_point SmtpMailer::pauses_until() const {
  return impl_->pauses_until;
}

std::optional<SmtpFailure> find_relay_failure(const SmtpOptions& options,
                                              const std::atomic<bool>* interrupted) {
  Link link;
  std::optional<SmtpFailure> failure =
      link.open(options, steady_clock::now() + options.timeouts.delivery, interrupted);
  link.close();
  return failure;
}

Status probe_relay(const SmtpOptions& options) {
  const std::optional<SmtpFailure> failure = find_relay_failure(options);
  if (!failure) return {};
  Error error = failure->error;
  error.cause += "; " + advice(judge(*failure, {}, {}).fault, options);
  return error;
}

}  // namespace postern
