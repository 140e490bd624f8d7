#include "mail_smtp/smtp_session.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

namespace postern {
namespace {

using std::chrono::steady_clock;

Error session_error(const char* code, std::string detail) {
  return Error{code, Retry::kLater, std::move(detail)};
}

Error in_step(const char* step, const Error& error) {
  return session_error(error.code.c_str(), std::string(step) + ": " + error.cause);
}

Error refused(const char* step, const SmtpReply& reply) {
  return session_error("smtp_refused", std::string(step) + ": " + server_words(reply, {}));
}

/// `prefix` + base64 of `plain` + CRLF, in memory that is wiped.
Secret base64_line(std::string_view prefix, std::string_view plain) {
  std::string line(prefix);
  const std::size_t encoded = 4 * ((plain.size() + 2) / 3);
  // One byte more for the NUL that OpenSSL writes, and room for CRLF: no reallocation leaves a
  // copy.
  line.resize(prefix.size() + encoded + 2);
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(line.data() + prefix.size()),
                  reinterpret_cast<const unsigned char*>(plain.data()),
                  static_cast<int>(plain.size()));
  line[prefix.size() + encoded] = '\r';
  line[prefix.size() + encoded + 1] = '\n';
  return Secret(std::move(line));
}

bool may_stand_in_name(char c) { return c > 0x20 && c < 0x7f; }

}  // namespace

SmtpDeadline SmtpSession::step(std::chrono::milliseconds timeout, SmtpDeadline deadline) const {
  return std::min(steady_clock::now() + timeout, deadline);
}

std::unique_ptr<SmtpSession> SmtpSession::open(const SmtpOptions& options, const TlsContext* tls,
                                               SmtpDeadline deadline,
                                               const std::atomic<bool>* interrupted,
                                               SmtpFailure& failure) {
  const SmtpDeadline connected_by =
      std::min(steady_clock::now() + options.timeouts.connect, deadline);
  Result<SmtpStream> stream =
      SmtpStream::connect(options.host, options.port, connected_by, interrupted);
  if (!stream) {
    failure = {SmtpStep::kConnect, {}, stream.error()};
    return nullptr;
  }
  std::unique_ptr<SmtpSession> session(new SmtpSession(options, *std::move(stream)));
  if (Status greeted = session->greet(tls, deadline); !greeted) {
    failure = {session->step_, {}, greeted.error()};
    if (session->last_reply_.code >= 400) failure.reply = session->last_reply_;
    return nullptr;
  }
  return session;
}

Status SmtpSession::greet(const TlsContext* tls, SmtpDeadline deadline) {
  const auto& timeouts = options_.timeouts;
  if (options_.tls != SmtpTls::kNone && tls == nullptr)
    return session_error("smtp_tls", "TLS is not set up");
  if (options_.tls == SmtpTls::kImplicit) {
    Status secured = stream_.start_tls(*tls, options_.host, step(timeouts.command, deadline));
    if (!secured) return in_step("handshake", secured.error());
  }
  step_ = SmtpStep::kGreeting;
  const Result<SmtpReply> greeting = read_reply(step(timeouts.greeting, deadline));
  if (!greeting) return in_step("greeting", greeting.error());
  last_reply_ = *greeting;
  if (greeting->code != 220) return refused("greeting", *greeting);
  if (Status greeted = hello(deadline); !greeted) return greeted;
  if (options_.tls == SmtpTls::kStartTls) {
    if (Status upgraded = upgrade(*tls, deadline); !upgraded) return upgraded;
  }
  step_ = SmtpStep::kAuth;
  return options_.user.empty() ? Status() : authenticate(deadline);
}

Status SmtpSession::hello(SmtpDeadline deadline) {
  step_ = SmtpStep::kEhlo;
  const std::string name =
      options_.helo_name.empty() ? stream_.local_literal() : options_.helo_name;
  if (!std::all_of(name.begin(), name.end(), may_stand_in_name))
    return session_error("smtp_refused", "the name for EHLO has a character that must not be sent");
  const Result<SmtpReply> reply = command("EHLO " + name + "\r\n", deadline);
  if (!reply) return in_step("EHLO", reply.error());
  const bool wants_extensions = options_.tls != SmtpTls::kNone || !options_.user.empty();
  if (reply->code >= 500 && !wants_extensions) return plain_hello(name, *reply, deadline);
  if (reply->code != 250) return refused("EHLO", *reply);
  capabilities_ = parse_capabilities(*reply);
  return {};
}

/// A server from before EHLO, or one that hides it (RFC 5321, 3.2).
Status SmtpSession::plain_hello(const std::string& name, const SmtpReply& to_ehlo,
                                SmtpDeadline deadline) {
  const Result<SmtpReply> reply = command("HELO " + name + "\r\n", deadline);
  if (reply && reply->code == 250) return {};
  last_reply_ = to_ehlo;
  return refused("EHLO", to_ehlo);
}

Status SmtpSession::upgrade(const TlsContext& tls, SmtpDeadline deadline) {
  step_ = SmtpStep::kStartTls;
  if (!capabilities_.starttls)
    return session_error("smtp_tls", "the mail server does not offer STARTTLS");
  const Result<SmtpReply> reply = command("STARTTLS\r\n", deadline);
  if (!reply) return in_step("STARTTLS", reply.error());
  if (reply->code != 220) return refused("STARTTLS", *reply);
  // An attacker in between may have put replies here for the encrypted session to find.
  if (!unread_.empty())
    return session_error("smtp_protocol", "plaintext after the reply to STARTTLS");
  Status secured = stream_.start_tls(tls, options_.host, step(options_.timeouts.command, deadline));
  if (!secured) return in_step("handshake", secured.error());
  // Capabilities from before the handshake are discarded (RFC 3207, 4.2).
  capabilities_ = {};
  return hello(deadline);
}

Status SmtpSession::authenticate(SmtpDeadline deadline) {
  if (!stream_.is_tls() && !stream_.peer_is_loopback())
    return session_error("smtp_auth", "AUTH is not sent without TLS to another machine");
  if (options_.oauth) return authenticate_oauth(deadline);
  const bool may_login = options_.auth != SmtpAuth::kPlain && capabilities_.auth_login;
  const bool may_plain = options_.auth != SmtpAuth::kLogin && capabilities_.auth_plain;
  if (!may_plain && may_login) return auth_login(deadline);
  if (!may_plain && options_.auth != SmtpAuth::kAuto)
    return session_error("smtp_auth", "the mail server does not offer what SMTP_AUTH names");
  if (!may_plain)
    return session_error("smtp_auth", "the mail server offers neither AUTH PLAIN nor AUTH LOGIN");
  if (options_.user.find('\0') != std::string::npos ||
      options_.password.view().find('\0') != std::string_view::npos)
    return session_error("smtp_auth", "a NUL cannot be sent in AUTH PLAIN");

  // RFC 4616: authorization identity (none), user, password.
  std::string plain;
  plain.reserve(options_.user.size() + options_.password.view().size() + 2);
  plain.append(1, '\0').append(options_.user).append(1, '\0').append(options_.password.view());
  const Secret line = base64_line("AUTH PLAIN ", plain);
  OPENSSL_cleanse(plain.data(), plain.size());
  const Result<SmtpReply> reply = command(line.view(), deadline);
  if (!reply) return in_step("AUTH", reply.error());
  if (reply->code != 235) return session_error("smtp_auth", "AUTH: " + server_codes(*reply));
  return {};
}

Status SmtpSession::auth_login(SmtpDeadline deadline) {
  const std::array<Secret, 3> lines = {Secret("AUTH LOGIN\r\n"), base64_line("", options_.user),
                                       base64_line("", options_.password.view())};
  const std::array<int, 3> wanted = {334, 334, 235};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Result<SmtpReply> reply = command(lines[i].view(), deadline);
    if (!reply) return in_step("AUTH", reply.error());
    if (reply->code != wanted[i])
      return session_error("smtp_auth", "AUTH: " + server_codes(*reply));
  }
  return {};
}

Result<SmtpReply> SmtpSession::command(std::string_view line, SmtpDeadline deadline) {
  const SmtpDeadline by = step(options_.timeouts.command, deadline);
  last_reply_ = {};
  if (Status written = stream_.write(line, by); !written) return written.error();
  Result<SmtpReply> reply = read_reply(by);
  if (reply) last_reply_ = *reply;
  return reply;
}

Result<SmtpReply> SmtpSession::read_reply(SmtpDeadline deadline) {
  for (;;) {
    const Result<std::size_t> taken = parser_.feed(unread_);
    if (!taken) return taken.error();
    unread_.erase(0, *taken);
    if (parser_.complete()) return parser_.take();
    std::array<char, 4096> bytes;
    const Result<std::size_t> received = stream_.read(bytes, deadline);
    if (!received) return received.error();
    unread_.append(bytes.data(), *received);
  }
}

bool SmtpSession::usable() {
  // A server that gives up an idle connection says 421, or just hangs up.
  return usable_ && state_ == State::kReady && unread_.empty() && stream_.quiet();
}

void SmtpSession::quit() {
  if (!usable_) return;
  usable_ = false;
  if (state_ != State::kReady) return;
  const SmtpDeadline by = steady_clock::now() + options_.timeouts.quit;
  if (stream_.write("QUIT\r\n", by)) static_cast<void>(read_reply(by));
}

}  // namespace postern
