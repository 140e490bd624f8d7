// Outcomes and events as JSON, version 1. Workers report outcomes to the app in batches; the app
// publishes events for other programs (docs/queue.md, docs/events.md).
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
#include "model/delivery_outcome.hpp"
#include "queue/mail_queue.hpp"

namespace postern {

/// The event of an email's settlement. `next_attempt_at` counts for kDeferred only.
MailStatus to_mail_status(const Settled& settled, TimePoint at, TimePoint next_attempt_at);

/// {"v":1,"outcomes":[{"mail_id","account_id","kind","outcome","at","attempt","relay","reply",
/// "next_attempt_at"?}]}: many outcomes as few messages, each of limits::kJobBytes at most.
std::vector<std::string> encode_outcomes(std::span<const MailStatus> outcomes);

/// Each outcome of a batch. Error bad_outcome (Retry::kNever): it is none; one for the whole batch
/// when that cannot be read.
std::vector<Result<MailStatus>> decode_outcomes(std::string_view body);

/// mail.sent, mail.deferred, mail.failed: also the routing key.
std::string_view mail_event_type(DeliveryOutcome outcome);

/// {"v":1,"id","type","at","account_id","mail_id","kind","attempt","relay","reply",
/// "next_attempt_at"?}. The outcome is one that was decoded, or to_mail_status() gave.
std::string encode_mail_event(const MailStatus& outcome, std::string_view event_id);

/// {"v":1,"id","type","at","account_id","session_id"?}
std::string encode_account_event(const AccountEvent& event);

}  // namespace postern
