// The mail.* events as the app sees them: take, note, settle.
//
// Thread contract: belongs to one thread. wake() alone may be called from any thread.
// At-least-once: what was taken and not settled comes again.
#pragma once

#include <chrono>
#include <vector>

#include "base/result.hpp"
#include "model/mail_status.hpp"

namespace postern {

class MailEventSource {
 public:
  virtual ~MailEventSource() = default;

  /// Up to `max` events, as soon as there is one; empty at the deadline or after wake().
  virtual Result<std::vector<MailStatus>> take(std::size_t max,
                                               std::chrono::steady_clock::time_point deadline) = 0;
  /// All that was taken is noted.
  virtual Status settle() = 0;
  /// Ends a take() that waits.
  virtual void wake() = 0;
};

}  // namespace postern
