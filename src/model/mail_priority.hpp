// The priority of mail jobs. The numbers are stored: they do not change.
#pragma once

#include <array>
#include <cstdint>

namespace postern {

enum class MailPriority : std::uint8_t {
  /// A person waits for it, or has to be warned: recovery and notices.
  kUrgent = 0,
  /// Confirmations of addresses at an ordinary rate.
  kNormal = 1,
  /// Confirmations beyond that rate: last, and in RabbitMQ in a queue of their own.
  kBulk = 2,
};

inline constexpr std::array kMailPriorities{MailPriority::kUrgent, MailPriority::kNormal,
                                            MailPriority::kBulk};

/// An unknown class goes with the last one.
constexpr MailPriority to_mail_priority(std::int64_t stored) {
  constexpr auto kLast = static_cast<std::int64_t>(MailPriority::kBulk);
  return static_cast<MailPriority>(stored < 0 || stored > kLast ? kLast : stored);
}

}  // namespace postern
