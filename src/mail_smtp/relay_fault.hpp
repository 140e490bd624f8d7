// The faults of an SMTP relay, how long each holds the relay back, and the setting that an
// operator changes to correct it.
//
// Thread contract: pure functions.
#pragma once

#include <chrono>
#include <string>

#include "mail_smtp/smtp_options.hpp"

namespace postern {

enum class RelayFault {
  kNone,
  /// Not reachable, or no service at the greeting.
  kPath,
  /// It lets us in and then takes no message: refuses MAIL for now, or cuts connections off.
  kService,
  kTls,
  /// Our name in EHLO.
  kName,
  kLogin,
  /// MAIL_FROM is not ours there, or not verified.
  kSender,
  /// The login may not send to others.
  kRelaying,
  /// An allowance for a longer time, or the account is suspended.
  kQuota,
  /// An allowance for a short time.
  kRate,
};

/// The pause before probe number `failures` (1 for the first one after the fault). What ends by
/// itself is probed every second at first, and ever more slowly as the outage grows, up to 30 s;
/// what has refused our account doubles, up to limits::kSmtpAccountHoldMax (kRate: kSmtpHoldMax).
std::chrono::milliseconds hold_time(RelayFault fault, int failures,
                                    std::chrono::milliseconds outage);

/// Whether connecting and logging in proves that the fault is gone; otherwise one message has to.
bool probe_proves(RelayFault fault);

/// "MAIL_FROM=a@example.com may not …": one sentence for the log and `check`; empty for kNone.
std::string advice(RelayFault fault, const SmtpOptions& relay);

}  // namespace postern
