#include "queue_outbox/outbox_queue.hpp"

#include <algorithm>
#include <utility>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "queue/event_codec.hpp"
#include "queue/retry_delay.hpp"

namespace postern {
namespace {

/// Taken so often and never settled that it must be what takes the process down.
bool is_poison(const OutboxRow& row) { return row.claims >= limits::kOutboxClaims; }

bool is_not_for_us(const OutboxRow& row) { return is_poison(row) || row.body.empty(); }

std::string delivery_limit(const OutboxRow& row) {
  return "delivery limit: taken " + std::to_string(row.claims) + " times";
}

/// Poison becomes a dead letter. An event without an email was written while there was a broker;
/// now it has no consumer.
OutboxChanges take_out_unfit(const std::vector<OutboxRow>& rows) {
  OutboxChanges changes;
  for (const auto& row : rows) {
    if (row.body.empty()) {
      changes.done.push_back(row.id);
    } else if (is_poison(row)) {
      changes.dead.push_back({.id = row.id,
                              .available_at = {},
                              .attempts = row.attempts,
                              .reason = delivery_limit(row)});
    }
  }
  return changes;
}

std::vector<MailStatus> failures(const std::vector<OutboxRow>& rows, TimePoint now) {
  std::vector<MailStatus> states;
  for (const auto& row : rows) {
    if (row.body.empty() || !is_poison(row)) continue;
    states.push_back(
        {row.account_id, row.id, row.kind, DeliveryOutcome::kFailed, now, {}, delivery_limit(row)});
  }
  return states;
}

}  // namespace

OutboxQueue::OutboxQueue(Writer& writer, const Clock& clock)
    : writer_(writer),
      clock_(clock),
      owner_(new_id(clock.now())),
      random_(std::random_device{}()) {}

void OutboxQueue::wake() {
  woken_ = true;
  writer_.outbox_signal().notify();
}

Result<std::vector<OutboxRow>> OutboxQueue::claim(TakeRoom room) {
  std::vector<OutboxRow> rows;
  const TimePoint now = clock_.now();
  const TimePoint leased_until = now + limits::kMailLease;
  using enum MailPriority;
  const bool full = room.any == 0;
  const auto order = full ? std::array{kUrgent, kUrgent, kUrgent} : claim_order_.next();
  const std::size_t max = full ? room.urgent : room.any;
  auto status = writer_.run([&](Store& store) -> Status {
    auto claimed = store.claim_outbox({.limit = max,
                                       .owner = owner_,
                                       .now = now,
                                       .leased_until = leased_until,
                                       .counts = true,
                                       .order = order});
    if (!claimed) return claimed.error();
    rows = std::move(*claimed);
    const auto unfit = take_out_unfit(rows);
    if (unfit.dead.empty() && unfit.done.empty()) return {};
    if (auto changed = store.change_outbox(unfit); !changed) return changed;
    return store.write_mail_states(failures(rows, now));
  });
  if (!status) return status.error();
  std::erase_if(rows, [](const auto& row) { return is_not_for_us(row); });
  return rows;
}

Result<std::vector<Delivery>> OutboxQueue::take(TakeRoom room,
                                                std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    const auto seen = writer_.outbox_signal().generation();
    if (woken_.exchange(false)) return std::vector<Delivery>();
    auto rows = claim(room);
    if (!rows) return rows.error();
    std::vector<Delivery> deliveries;
    deliveries.reserve(rows->size());
    for (auto& row : *rows) {
      deliveries.push_back({.tag = next_tag_,
                            .body = std::move(row.body),
                            .attempts = row.attempts,
                            .unknown_outcomes = row.unknown_outcomes,
                            .priority = row.priority});
      taken_.emplace_hint(taken_.end(), next_tag_++,
                          Taken{std::move(row.id), row.attempts, row.unknown_outcomes});
    }
    const auto now = std::chrono::steady_clock::now();
    if (!deliveries.empty() || now >= deadline) return deliveries;
    (void)writer_.outbox_signal().wait(seen, std::min(deadline, now + limits::kOutboxPoll));
  }
}

OutboxDeferral OutboxQueue::defer(const Settled& settled, const Taken& taken) {
  const int spread = static_cast<int>(random_() % 201) - 100;
  const bool unknown = settled.retry_after == RetryAfter::kUnknownPause;
  return {.id = taken.id,
          .available_at = clock_.now() + retry_delay(settled.retry_after, taken.attempts, spread),
          .attempts = taken.attempts + (settled.counts ? 1 : 0),
          .reason = settled.reason.substr(0, limits::kReasonBytes),
          .unknown_outcomes = taken.unknown_outcomes + (unknown ? 1 : 0)};
}

Status OutboxQueue::settle(std::span<const Settled> settled) {
  OutboxChanges changes;
  std::vector<MailStatus> states;
  for (const auto& outcome : settled) {
    auto taken = taken_.extract(outcome.tag);
    if (taken.empty()) continue;
    TimePoint next_attempt_at;
    switch (outcome.outcome) {
      case DeliveryOutcome::kSent:
        changes.done.push_back(std::move(taken.mapped().id));
        break;
      case DeliveryOutcome::kDeferred:
        changes.deferred.push_back(defer(outcome, taken.mapped()));
        next_attempt_at = changes.deferred.back().available_at;
        break;
      case DeliveryOutcome::kFailed:
        changes.dead.push_back(defer(outcome, taken.mapped()));
        break;
    }
    if (!outcome.mail_id.empty()) {
      states.push_back(to_mail_status(outcome, clock_.now(), next_attempt_at));
    }
  }
  if (changes.done.empty() && changes.deferred.empty() && changes.dead.empty()) return {};
  return writer_.run([&](Store& store) -> Status {
    if (auto changed = store.change_outbox(changes); !changed) return changed;
    return store.write_mail_states(states);
  });
}

}  // namespace postern
