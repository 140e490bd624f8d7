// The mail queue and its dead letters, whichever kind of queue is configured: on the screen, and
// by hand.
//
// Thread contract: for the main thread; blocks. May run while app and worker do.
// Prints no full address.
#pragma once

#include <cstddef>
#include <string>

#include "admin/mail_setup.hpp"
#include "base/result.hpp"

namespace postern {

/// Exactly one of them is given.
struct DeadChoice {
  /// A mail id.
  std::string id;
  bool all = false;
  /// A part of the reason.
  std::string reason;
};

/// Prints how many letters wait, and for what.
Status show_queue(const MailSetup& setup, bool json);

/// Prints the first `limit` dead letters.
Status show_dead(const MailSetup& setup, std::size_t limit, bool json);

/// Puts letters back into the queue, notes them as queued, and prints how many those are. An Error
/// for an id that is unknown, or of a letter that no worker can read.
Status replay_dead(const MailSetup& setup, const DeadChoice& choice);

/// Throws letters away, and prints how many those are. An Error for an id that is unknown.
Status drop_dead(const MailSetup& setup, const DeadChoice& choice);

}  // namespace postern
