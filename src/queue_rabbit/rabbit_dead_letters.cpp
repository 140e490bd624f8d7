#include "queue_rabbit/rabbit_dead_letters.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/limits.hpp"
#include "queue_rabbit/rabbit_depth.hpp"
#include "queue_rabbit/rabbit_headers.hpp"
#include "queue_rabbit/rabbit_topology.hpp"

namespace postern {
namespace {

constexpr std::int64_t kMaxTries = 1000;
constexpr auto kLookAgain = std::chrono::milliseconds(5);
/// How many letters one call has in flight at most.
constexpr std::uint16_t kHeldMost = 20'000;
/// Acks under way at once: RabbitMQ 3.10 takes 32 of a quorum queue's.
constexpr std::size_t kAcksAtOnce = 16;
/// After so long without a dead letter another consumer has the rest.
constexpr auto kNoMoreCome = std::chrono::seconds(2);

/// Ours, or else the broker's: its last word, since the first one may be of a retry queue.
std::string reason_of(const IncomingMessage& message) {
  if (auto ours = text_header(message, kReasonHeader); !ours.empty()) return ours;
  if (!message.death_reason.empty()) return message.death_reason;
  return text_header(message, kFirstDeathReasonHeader);
}

std::optional<TimePoint> death_of(const IncomingMessage& message) {
  if (const auto noted = number_header(message, kDiedAtHeader)) return from_unix_ms(*noted);
  if (message.death_time_s > 0) return TimePoint(std::chrono::seconds(message.death_time_s));
  return std::nullopt;
}

DeadLetter to_dead_letter(const IncomingMessage& message) {
  DeadLetter letter = read_dead_letter(message.body);
  if (letter.id.empty()) letter.id = message.message_id;
  if (letter.id.empty()) letter.id = "-";
  if (letter.kind.empty()) letter.kind = message.type;
  letter.reason = reason_of(message);
  const auto tries = number_header(message, kAttemptHeader).value_or(0);
  letter.tries = static_cast<int>(std::clamp<std::int64_t>(tries, 0, kMaxTries));
  letter.died_at = death_of(message);
  return letter;
}

/// As new: nothing of its way so far goes along, and a bulk job is one again.
Status publish_again(RabbitConnection& connection, const IncomingMessage& dead,
                     const std::string& body, TimePoint now) {
  const auto headers = own_headers(dead);
  return connection.publish({.exchange = topology::kMailExchange,
                             .routing_key = topology::mail_key(mail_priority(dead)),
                             .body = body,
                             .content_type = dead.content_type,
                             .message_id = dead.message_id,
                             .type = dead.type,
                             .app_id = dead.app_id,
                             .expiration = {},
                             .timestamp_s = to_unix_s(now),
                             .headers = headers,
                             .mandatory = true,
                             .priority = dead.priority});
}

}  // namespace

RabbitConnection::Deadline RabbitDeadLetters::soon() const {
  return std::chrono::steady_clock::now() + options_.confirm_timeout;
}

Result<std::unique_ptr<RabbitConnection>> RabbitDeadLetters::open() const {
  auto connection = RabbitConnection::open(options_, "postern mail");
  if (!connection) return connection;
  if (auto status = topology::declare(**connection); !status) return status.error();
  if (auto status = (*connection)->select_confirms(); !status) return status.error();
  return connection;
}

Result<RabbitDeadLetters::Batch> RabbitDeadLetters::next_batch(RabbitConnection& connection,
                                                               std::size_t most) const {
  auto& arrived = connection.deliveries();
  const auto deadline = std::chrono::steady_clock::now() + kNoMoreCome;
  while (arrived.size() < most) {
    const auto read_one = connection.read(deadline);
    if (!read_one) return read_one.error();
    if (!*read_one) break;
  }
  const auto end = arrived.begin() + static_cast<std::ptrdiff_t>(std::min(most, arrived.size()));
  Batch batch(std::make_move_iterator(arrived.begin()), std::make_move_iterator(end));
  arrived.erase(arrived.begin(), end);
  return batch;
}

Status RabbitDeadLetters::ack(RabbitConnection& connection, const Tags& tags) const {
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (auto sent = connection.ack(tags[i], false); !sent) return sent;
    if ((i + 1) % kAcksAtOnce != 0 && i + 1 < tags.size()) continue;
    if (auto flushed = connection.flush_acks(topology::kDeadQueue, soon()); !flushed) {
      return flushed;
    }
  }
  return {};
}

Status RabbitDeadLetters::visit_all(const Visit& visit) {
  auto opened = open();
  if (!opened) return opened.error();
  auto& connection = **opened;
  const auto size = connection.size_of(topology::kDeadQueue);
  if (!size) return size.error();
  if (auto begun = connection.consume(topology::kDeadQueue, kHeldMost); !begun) return begun;
  std::size_t held = 0;
  for (auto left = static_cast<std::size_t>(size->messages); left > 0 && held < kHeldMost;) {
    const auto most = std::min({left, limits::kDeadLetterBatch, kHeldMost - held});
    const auto batch = next_batch(connection, most);
    if (!batch) return batch.error();
    if (batch->empty()) break;
    const auto done = visit(connection, *batch);
    if (!done) return done.error();
    if (auto acked = ack(connection, *done); !acked) return acked;
    held += batch->size() - done->size();
    left -= batch->size();
  }
  held += connection.deliveries().size();
  const auto others = connection.size_of(topology::kDeadQueue);
  if (!others) return others.error();
  opened->reset();
  return held == 0 ? Status() : wait_for(others->messages + static_cast<std::int64_t>(held));
}

Status RabbitDeadLetters::wait_for(std::int64_t whole) const {
  auto connection = open();
  if (!connection) return connection.error();
  const auto deadline = std::chrono::steady_clock::now() + limits::kGiveBackTimeout;
  // At the deadline another consumer has taken some.
  while (std::chrono::steady_clock::now() < deadline) {
    const auto now = (*connection)->size_of(topology::kDeadQueue);
    if (!now) return now.error();
    if (now->messages >= whole) break;
    std::this_thread::sleep_for(kLookAgain);
  }
  return {};
}

Result<std::vector<DeadLetter>> RabbitDeadLetters::list(std::size_t limit) {
  // All are taken, also those that are not shown: what is given back goes behind what stayed.
  std::vector<DeadLetter> letters;
  const auto status = visit_all([&](RabbitConnection&, const Batch& batch) {
    for (const auto& message : batch) {
      if (letters.size() < limit) letters.push_back(to_dead_letter(message));
    }
    return Result<Tags>(Tags());
  });
  if (!status) return status.error();
  return letters;
}

Result<RabbitDeadLetters::Tags> RabbitDeadLetters::replay_batch(RabbitConnection& connection,
                                                                const Batch& batch,
                                                                const Choice& choice,
                                                                Replayed& all) {
  const TimePoint now = clock_.now();
  Tags published;
  for (const auto& message : batch) {
    const auto letter = to_dead_letter(message);
    if (!choice(letter)) continue;
    const auto renewed = renew_mail_job(message.body, now);
    if (!renewed) {
      ++all.unreadable;
      continue;
    }
    if (auto sent = publish_again(connection, message, *renewed, now); !sent) return sent.error();
    published.push_back(message.tag);
    all.queued.push_back(queued_again(letter, now));
  }
  const auto confirmed = connection.finish_window(soon());
  if (!confirmed) return confirmed.error();
  const auto is_taken = [](PublishOutcome outcome) { return outcome == PublishOutcome::kTaken; };
  if (std::all_of(confirmed->begin(), confirmed->end(), is_taken)) return published;
  // Those that were taken leave the dead letters all the same.
  Tags taken;
  for (std::size_t i = 0; i < published.size(); ++i) {
    if (is_taken((*confirmed)[i])) taken.push_back(published[i]);
  }
  if (auto acked = ack(connection, taken); !acked) return acked.error();
  return Error{rabbit_error::kNotConfirmed, Retry::kLater,
               "the broker did not take every dead letter; what it did not take is still dead"};
}

Result<Replayed> RabbitDeadLetters::replay(const Choice& choice) {
  Replayed all;
  const auto status = visit_all([&](RabbitConnection& connection, const Batch& batch) {
    return replay_batch(connection, batch, choice, all);
  });
  if (!status) return status.error();
  return all;
}

Result<std::size_t> RabbitDeadLetters::drop(const Choice& choice) {
  std::size_t dropped = 0;
  const auto status = visit_all([&](RabbitConnection&, const Batch& batch) {
    Tags chosen;
    for (const auto& message : batch) {
      if (choice(to_dead_letter(message))) chosen.push_back(message.tag);
    }
    dropped += chosen.size();
    return Result<Tags>(std::move(chosen));
  });
  if (!status) return status.error();
  return dropped;
}

Result<QueueCounts> RabbitDeadLetters::count() {
  auto connection = open();
  if (!connection) return connection.error();
  return count_queues(**connection);
}

}  // namespace postern
