#include "mail_smtp/smtp_mailer.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

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

DeliveryReport relay_failed(const Error& error) {
  return {DeliveryEnd::kLater, error.detail, true};
}

}  // namespace

struct SmtpMailer::Impl {
  explicit Impl(SmtpOptions given) : options(std::move(given)) {}

  /// The trusted certificates are read once; a file that cannot be read is tried again next time.
  Result<std::unique_ptr<SmtpSession>> open(SmtpDeadline deadline) {
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

  DeliveryReport deliver(const SmtpEnvelope& envelope, std::string_view wire) {
    const SmtpDeadline deadline = steady_clock::now() + options.timeouts.delivery;
    if (session && session->transactions() >= options.mails_per_connection) close();
    if (session && !session->usable()) session.reset();
    for (;;) {
      if (!session) {
        Result<std::unique_ptr<SmtpSession>> opened = open(deadline);
        if (!opened) return relay_failed(opened.error());
        session = *std::move(opened);
      }
      const SmtpOutcome outcome = session->deliver(envelope, wire, deadline);
      last_used = steady_clock::now();
      if (session->ended()) session.reset();
      // A new session is never stale: this goes round once at most.
      if (!outcome.stale) return outcome.report;
    }
  }

  const SmtpOptions options;
  std::optional<TlsContext> tls;
  std::unique_ptr<SmtpSession> session;
  steady_clock::time_point last_used;
};

SmtpMailer::SmtpMailer(SmtpOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

SmtpMailer::~SmtpMailer() { impl_->close(); }

DeliveryReport SmtpMailer::send(const Mail& mail) {
  const SmtpEnvelope envelope{impl_->options.sender.address, mail.to};
  for (const std::string_view address : {envelope.from, envelope.to}) {
    if (Status checked = check_envelope_address(address); !checked)
      return refused_here(checked.error());
  }
  const Result<std::string> message = to_mime(mail, impl_->options.sender);
  if (!message) return refused_here(message.error());
  const Result<std::string> wire = to_wire(*message);
  if (!wire) return refused_here(wire.error());
  return impl_->deliver(envelope, *wire);
}

void SmtpMailer::idle() {
  if (impl_->session && steady_clock::now() - impl_->last_used >= impl_->options.timeouts.warm_idle)
    impl_->close();
}

Status SmtpMailer::probe() {
  const SmtpDeadline deadline = steady_clock::now() + impl_->options.timeouts.delivery;
  Result<std::unique_ptr<SmtpSession>> session = impl_->open(deadline);
  if (!session) return session.error();
  (*session)->quit();
  return {};
}

}  // namespace postern
