// The dead letters as an operator sees them: look, put back into the queue, throw away.
//
// Thread contract: belongs to one thread; blocks.
// At-least-once: what is put back is safe in the queue before the dead letter goes, so that a
// command that is broken off loses nothing and may be run again. One pass over what is there when
// it begins: a letter that dies again meanwhile is not touched twice.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/delivery_outcome.hpp"

namespace postern {

/// From any client that can write to the queue: no field is trusted, and each may be empty.
struct DeadLetter {
  /// The mail id; "-" where nothing tells it.
  std::string id;
  std::string kind;
  std::string account_id;
  /// In full: not for logs or screens.
  std::string email;
  std::string reason;
  int tries = 0;
  /// Nothing where it was not recorded.
  std::optional<TimePoint> died_at;
};

struct Replayed {
  /// Letters that are in the queue again, as their states are to be noted.
  std::vector<MailStatus> queued;
  /// Letters that were chosen and left, since they are no JSON object or too large: no worker could
  /// read them.
  std::size_t unreadable = 0;
};

class DeadLetters {
 public:
  using Choice = std::function<bool(const DeadLetter&)>;

  virtual ~DeadLetters() = default;

  /// The first `limit` of them, the oldest death first. Nothing changes.
  virtual Result<std::vector<DeadLetter>> list(std::size_t limit) = 0;
  /// Puts back what is chosen, with a fresh life: requested now, no tries.
  virtual Result<Replayed> replay(const Choice& choice) = 0;
  /// Throws away what is chosen; how many those were.
  virtual Result<std::size_t> drop(const Choice& choice) = 0;
};

/// The readable fields of a job's body, even when the rest is malformed.
DeadLetter read_dead_letter(std::string_view body);

/// The job with `requested_at` now and a whole life before it; everything else stays as it is,
/// unknown fields too. Error bad_job (Retry::kNever): not a JSON object, or too large.
Result<std::string> renew_mail_job(std::string_view body, TimePoint now);

/// The state to be noted for a letter that is in the queue again.
MailStatus queued_again(const DeadLetter& letter, TimePoint now);

}  // namespace postern
