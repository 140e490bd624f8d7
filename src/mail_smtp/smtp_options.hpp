// The address and options of the mail server. Plain data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/limits.hpp"
#include "crypto/secret.hpp"
#include "mail/mime.hpp"

namespace postern {

enum class SmtpTls {
  /// EHLO, STARTTLS, EHLO again (RFC 3207); port 587. A server without it gets nothing.
  kStartTls,
  /// TLS from the first byte (RFC 8314); port 465.
  kImplicit,
  /// Plaintext; AUTH is then refused unless the peer is this machine.
  kNone,
};

enum class SmtpAuth {
  /// OAuth 2.0 where tokens are set up, else PLAIN, else LOGIN: the first that the server offers.
  kAuto,
  kPlain,
  kLogin,
  kXoauth2,
  kOauthbearer,
};

class OAuthTokens;

/// Each bounds one step, from its first byte out to the last byte of the reply; `delivery` bounds
/// all together that come before the final dot.
struct SmtpTimeouts {
  std::chrono::milliseconds connect = limits::kSmtpConnectTimeout;
  std::chrono::milliseconds greeting = limits::kSmtpGreetingTimeout;
  std::chrono::milliseconds command = limits::kSmtpCommandTimeout;
  std::chrono::milliseconds data = limits::kSmtpDataTimeout;
  /// To write the message, and to hear what becomes of it.
  std::chrono::milliseconds block = limits::kSmtpBlockTimeout;
  std::chrono::milliseconds final_dot = limits::kSmtpFinalDotTimeout;
  /// After which a message that was announced behind the final dot may go elsewhere.
  std::chrono::milliseconds quick_dot = limits::kSmtpQuickDot;
  std::chrono::milliseconds quit = limits::kSmtpQuitTimeout;
  std::chrono::milliseconds delivery = limits::kSmtpDeliveryTimeout;
  /// How long a connection may be kept without work.
  std::chrono::milliseconds warm_idle = limits::kSmtpWarmIdle;
};

/// As limits.hpp has them; tests/crash/ links another definition, which is quicker on demand.
SmtpTimeouts usual_timeouts();

struct SmtpOptions {
  /// A name, or an address literal without brackets.
  std::string host;
  std::uint16_t port = 587;
  /// Empty: no AUTH.
  std::string user = {};
  Secret password = {};
  SmtpAuth auth = SmtpAuth::kAuto;
  /// Access tokens in place of a password. Shared, because every connection to every relay of a
  /// process uses the one token, and none of them is the last to go.
  std::shared_ptr<OAuthTokens> oauth = {};
  SmtpTls tls = SmtpTls::kStartTls;
  /// PEM; empty: the system's store.
  std::string ca_file = {};
  Sender sender = {};
  /// For EHLO; empty: the address literal of our end (RFC 5321, 4.1.4).
  std::string helo_name = {};
  SmtpTimeouts timeouts = usual_timeouts();
  std::size_t mails_per_connection = limits::kMailsPerConnection;
};

}  // namespace postern
