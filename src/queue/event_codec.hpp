// Events as JSON, version 1: what became of a mail, what happened to an account. Other programs
// read them; docs/events holds a schema of each.
//
// Thread contract: pure functions.
// Holds no address, no token, no password and no hash.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/account_event.hpp"
#include "model/mail_status.hpp"
#include "queue/mail_queue.hpp"

namespace postern {

/// What a settlement makes of an email. `next_try_at` counts for kLater only.
MailStatus to_mail_status(const Settled& settled, TimePoint at, TimePoint next_try_at);

/// mail.sent, mail.deferred, mail.failed: also the routing key.
std::string_view mail_event_type(MailState state);

/// {"v":1,"id","type","at","account_id","mail_id","kind","reason"?,"next_try_at"?}
std::string encode_mail_event(const MailStatus& status, std::string_view event_id);

/// {"v":1,"events":[…]}: many encoded events as few messages, each of limits::kJobBytes at most.
std::vector<std::string> pack_mail_events(std::span<const std::string> events);

/// One event, or those of a pack. Error bad_event (Retry::kNever): not an event of that kind.
std::vector<Result<MailStatus>> decode_mail_events(std::string_view body);

/// {"v":1,"id","type","at","account_id","session_id"?}
std::string encode_account_event(const AccountEvent& event);

}  // namespace postern
