#include "account/mail_row.hpp"

#include <algorithm>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "queue/job_codec.hpp"

namespace postern {
namespace {

Duration interval_of(const Rate& limit) {
  return std::max(limit.window / static_cast<std::int64_t>(limit.count), Duration(1));
}

/// Gives back one email for every window/count that has passed.
void refill(MailWindow& window, const Rate& limit, TimePoint now) {
  const Duration interval = interval_of(limit);
  const auto refilled = (now - window.started_at) / interval;
  // One that begins in the future was written by a clock that has been set back since.
  if (now < window.started_at || refilled >= window.count) {
    window = {now, 0};
  } else {
    window.count -= refilled;
    window.started_at += refilled * interval;
  }
}

}  // namespace

OutboxRow make_mail_row(const MailRow& order, const RequestContext& context, TimePoint now) {
  MailJob job;
  job.mail_id = new_id(now);
  job.kind = order.kind;
  job.account_id = order.account.id;
  job.email = order.to;
  job.locale = order.locale;
  job.credential_version = order.account.credential_version;
  job.requested_at = now;
  job.expires_at = now + limits::kMailJobLife;
  job.return_to = order.return_to;
  job.requested_by = order.requested_by;
  job.device = order.device;

  OutboxRow row;
  row.id = job.mail_id;
  row.kind = to_string(order.kind);
  row.body = encode_mail_job(job);
  row.traceparent = context.traceparent;
  row.created_at = now;
  row.available_at = now;
  row.account_id = order.account.id;
  row.priority = default_priority(order.kind);
  return row;
}

OutboxRow make_notice(const Account& account, MailKind kind, const RequestContext& context,
                      TimePoint now) {
  return make_mail_row({.account = account,
                        .kind = kind,
                        .to = account.email,
                        .locale = account.locale,
                        .device = context.device},
                       context, now);
}

bool count_in_windows(MailWindows& windows, std::span<const Rate> limits, TimePoint now) {
  bool room = true;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    refill(windows[i], limits[i], now);
    room = room && windows[i].count < static_cast<std::int64_t>(limits[i].count);
  }
  for (std::size_t i = 0; room && i < limits.size(); ++i) ++windows[i].count;
  return room;
}

TimePoint mail_room_at(const AccountSettings& settings, const Account& account, MailKind kind,
                       TimePoint now) {
  const auto& limits = settings.mails_per_address;
  TimePoint room_at = now;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    MailWindow window = account.mail_windows[i];
    refill(window, limits[i], now);
    const auto excess = window.count - static_cast<std::int64_t>(limits[i].count) + 1;
    if (excess > 0) {
      room_at = std::max(room_at, window.started_at + excess * interval_of(limits[i]));
    }
  }
  if (kind != MailKind::kRecover) return room_at;
  // When the last link has expired, there is always another one.
  return std::min(room_at, std::max(now, account.recovery_sent_at + settings.link_ttl));
}

}  // namespace postern
