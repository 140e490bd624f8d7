// What became of a mail, for whoever listens: mail.sent, mail.deferred, mail.failed.
//
// Thread contract: pure functions.
// Holds no address and no token.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "queue/mail_queue.hpp"

namespace postern {

/// Also the routing key.
std::string_view mail_event_type(Settlement settlement);

/// {"v":1,"id","type","at","account_id","mail_id","kind","reason"?}
std::string encode_mail_event(const Settled& settled, std::string_view event_id, TimePoint at);

}  // namespace postern
