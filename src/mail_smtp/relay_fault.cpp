#include "mail_smtp/relay_fault.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace postern {

std::chrono::milliseconds hold_time(RelayFault fault, int failures,
                                    std::chrono::milliseconds outage) {
  const std::chrono::milliseconds least = limits::kSmtpHoldMin;
  const std::chrono::milliseconds most = limits::kSmtpHoldMax;
  // The longer it has been away, the less a further moment matters: 2 s after two minutes.
  if (fault == RelayFault::kPath || fault == RelayFault::kService || fault == RelayFault::kTls ||
      fault == RelayFault::kName)
    return std::clamp(outage / limits::kSmtpHoldShare, least, most);
  const std::chrono::milliseconds ceiling =
      fault == RelayFault::kRate ? most : std::chrono::milliseconds(limits::kSmtpAccountHoldMax);
  auto hold = least;
  for (int i = 1; i < failures && hold < ceiling; ++i) hold *= 2;
  return std::min(hold, ceiling);
}

bool probe_proves(RelayFault fault) {
  switch (fault) {
    case RelayFault::kNone:
    case RelayFault::kTls:
    case RelayFault::kName:
    case RelayFault::kLogin:
    case RelayFault::kPath:
      return true;
    case RelayFault::kService:
    case RelayFault::kSender:
    case RelayFault::kRelaying:
    case RelayFault::kQuota:
    case RelayFault::kRate:
      break;
  }
  return false;
}

std::string advice(RelayFault fault, const SmtpOptions& relay) {
  switch (fault) {
    case RelayFault::kNone:
      break;
    case RelayFault::kPath:
      return "check SMTP_HOST and SMTP_PORT, and whether the server accepts this machine";
    case RelayFault::kService:
      return "the server lets us in and takes no message: see its log";
    case RelayFault::kTls:
      return "check SMTP_TLS, SMTP_CA_FILE and the server's certificate";
    case RelayFault::kName:
      return "set SMTP_HELO_NAME to the domain name of this machine";
    case RelayFault::kLogin:
      return "check SMTP_USER and SMTP_PASSWORD";
    case RelayFault::kSender:
      return "the server does not let this account send as MAIL_FROM=" + relay.sender.address +
             ": allow or verify that sender there, or change MAIL_FROM";
    case RelayFault::kRelaying:
      return relay.user.empty() ? "the server wants a login: set SMTP_USER and SMTP_PASSWORD"
                                : "allow the account of SMTP_USER to send to other domains";
    case RelayFault::kQuota:
      return "the account has reached a sending limit or is suspended: see the provider's console,"
             " or add a relay to SMTP_RELAYS";
    case RelayFault::kRate:
      return "the server limits the rate: lower SMTP_CONNECTIONS, or raise the limit there";
  }
  return {};
}

}  // namespace postern
