#include "queue_outbox/outbox_dead_letters.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "queue/retry_delay.hpp"

namespace postern {
namespace {

DeadLetter to_dead_letter(const DeadRow& row) {
  DeadLetter letter = read_dead_letter(row.row.body);
  letter.id = row.row.id;
  letter.kind = row.row.kind;
  letter.account_id = row.row.account_id;
  letter.reason = row.reason;
  letter.tries = row.row.attempts;
  letter.died_at = row.dead_at;
  return letter;
}

/// The longest that a letter of each step waits.
std::vector<Duration> longest_waits() {
  std::vector<Duration> waits;
  for (const auto& step : retry_steps()) {
    waits.push_back(step.delay * (100 + limits::kRetryJitterPercent) / 100);
  }
  return waits;
}

}  // namespace

Status OutboxDeadLetters::transact(const std::function<Status()>& work) {
  if (auto begun = store_.begin(); !begun) return begun;
  if (auto done = work(); !done) {
    store_.rollback();
    return done;
  }
  return store_.commit();
}

Result<OutboxCensus> OutboxDeadLetters::take_census() {
  OutboxCensus census;
  const auto status = transact([&]() -> Status {
    auto counted = store_.count_states(clock_.now(), longest_waits());
    if (!counted) return counted.error();
    census = *std::move(counted);
    return {};
  });
  if (!status) return status.error();
  return census;
}

Status OutboxDeadLetters::visit(std::size_t limit, const Visit& visit) {
  std::optional<DeadRow> last;
  for (std::size_t left = limit; left > 0;) {
    std::vector<DeadRow> rows;
    const auto status = transact([&]() -> Status {
      auto found =
          store_.find_dead(last ? &*last : nullptr, std::min(left, limits::kDeadLetterBatch));
      if (!found) return found.error();
      rows = *std::move(found);
      return visit(rows);
    });
    if (!status || rows.empty()) return status;
    left -= rows.size();
    last = std::move(rows.back());
  }
  return {};
}

Status OutboxDeadLetters::visit_all(const Visit& visit) {
  const auto census = take_census();
  if (!census) return census.error();
  return this->visit(static_cast<std::size_t>(census->dead), visit);
}

Result<std::vector<DeadLetter>> OutboxDeadLetters::list(std::size_t limit) {
  std::vector<DeadLetter> letters;
  const auto status = visit(limit, [&](const std::vector<DeadRow>& rows) -> Status {
    for (const auto& row : rows) letters.push_back(to_dead_letter(row));
    return {};
  });
  if (!status) return status.error();
  return letters;
}

Result<Replayed> OutboxDeadLetters::replay(const Choice& choice) {
  Replayed all;
  const auto status = visit_all([&](const std::vector<DeadRow>& rows) -> Status {
    const TimePoint now = clock_.now();
    std::vector<DeadReplay> replays;
    std::vector<MailStatus> states;
    for (const auto& row : rows) {
      const auto letter = to_dead_letter(row);
      if (!choice(letter)) continue;
      auto renewed = renew_mail_job(row.row.body, now);
      if (!renewed) {
        ++all.unreadable;
        continue;
      }
      replays.push_back({row.row.id, *std::move(renewed)});
      states.push_back(queued_again(letter, now));
    }
    if (replays.empty()) return {};
    if (auto done = store_.replay_dead(replays, now); !done) return done;
    if (auto noted = store_.write_mail_states(states); !noted) return noted;
    all.queued.insert(all.queued.end(), states.begin(), states.end());
    return {};
  });
  if (!status) return status.error();
  return all;
}

Result<std::size_t> OutboxDeadLetters::drop(const Choice& choice) {
  std::size_t dropped = 0;
  const auto status = visit_all([&](const std::vector<DeadRow>& rows) -> Status {
    std::vector<std::string> ids;
    for (const auto& row : rows) {
      if (choice(to_dead_letter(row))) ids.push_back(row.row.id);
    }
    dropped += ids.size();
    return store_.drop_dead(ids);
  });
  if (!status) return status.error();
  return dropped;
}

Result<QueueCounts> OutboxDeadLetters::count() {
  auto census = take_census();
  if (!census) return census.error();
  QueueCounts counts;
  counts.waiting = census->waiting;
  counts.bulk = census->bulk;
  counts.in_flight = census->leased;
  counts.retry = std::move(census->deferred);
  counts.dead = census->dead;
  return counts;
}

}  // namespace postern
