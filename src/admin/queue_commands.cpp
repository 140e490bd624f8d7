#include "admin/queue_commands.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <memory>
#include <span>

#include "admin/operators_queue.hpp"
#include "queue/retry_delay.hpp"
#include "text/email.hpp"
#include "text/plain_text.hpp"

namespace postern {
namespace {

namespace json = boost::json;

void print_line(const std::string& line) { std::printf("%s\n", line.c_str()); }

std::string letters(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " dead letter" : " dead letters");
}

json::value number(const std::optional<std::int64_t>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

std::string word(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

/// Any client of the broker can write to the queue: one line, no controls, and UTF-8.
std::string shown(const std::string& text) { return text.empty() ? "-" : one_line(text); }

std::string shown_address(const DeadLetter& letter) {
  return letter.email.empty() ? "-" : one_line(mask_email(letter.email));
}

std::optional<std::int64_t> age_s(const DeadLetter& letter, TimePoint now) {
  if (!letter.died_at) return std::nullopt;
  return std::max<std::int64_t>(to_unix_s(now) - to_unix_s(*letter.died_at), 0);
}

std::string age_words(const std::optional<std::int64_t>& seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  if (!seconds) return "-";
  if (*seconds < 2 * kMinute) return std::to_string(*seconds) + "s";
  if (*seconds < 2 * kHour) return std::to_string(*seconds / kMinute) + "m";
  if (*seconds < 2 * kDay) return std::to_string(*seconds / kHour) + "h";
  return std::to_string(*seconds / kDay) + "d";
}

json::object to_json(const DeadLetter& letter, TimePoint now) {
  return {{"id", shown(letter.id)},
          {"kind", shown(letter.kind)},
          {"email", shown_address(letter)},
          {"reason", shown(letter.reason)},
          {"tries", letter.tries},
          {"died_at", letter.died_at ? json::value(to_rfc3339(*letter.died_at)) : json::value()},
          {"age_seconds", number(age_s(letter, now))}};
}

void print_table(std::span<const DeadLetter> dead, TimePoint now) {
  constexpr const char* kRow = "%-36s  %-18s  %-28s  %5s  %5s  %s\n";
  std::printf(kRow, "ID", "KIND", "ADDRESS", "TRIES", "AGE", "REASON");
  for (const auto& letter : dead) {
    std::printf(kRow, shown(letter.id).c_str(), shown(letter.kind).c_str(),
                shown_address(letter).c_str(), std::to_string(letter.tries).c_str(),
                age_words(age_s(letter, now)).c_str(), shown(letter.reason).c_str());
  }
}

json::object to_json(const QueueCounts& counts, const OperatorsQueue& queue,
                     const std::optional<std::int64_t>& outbox) {
  json::object retry;
  for (std::size_t i = 0; i < counts.retry.size(); ++i) {
    retry[retry_steps()[i].name] = counts.retry[i];
  }
  return {{"queue", queue.kind()},
          {"waiting", counts.waiting},
          {"waiting_bulk", counts.bulk},
          {"in_flight", number(counts.in_flight)},
          {"retry", retry},
          {"dead", counts.dead},
          {"workers", number(counts.workers)},
          {"outbox", number(outbox)}};
}

void print_counts(const QueueCounts& counts, const OperatorsQueue& queue,
                  const std::optional<std::int64_t>& outbox) {
  constexpr const char* kRow = "%-10s  %s\n";
  std::printf(kRow, "queue", queue.kind());
  std::printf(kRow, "waiting", std::to_string(counts.waiting).c_str());
  std::printf(kRow, "of it bulk", std::to_string(counts.bulk).c_str());
  std::printf(kRow, "in flight", word(counts.in_flight).c_str());
  for (std::size_t i = 0; i < counts.retry.size(); ++i) {
    const auto step = "retry " + std::string(retry_steps()[i].name);
    std::printf(kRow, step.c_str(), std::to_string(counts.retry[i]).c_str());
  }
  std::printf(kRow, "dead", std::to_string(counts.dead).c_str());
  std::printf(kRow, "workers", word(counts.workers).c_str());
  std::printf(kRow, "outbox", word(outbox).c_str());
}

DeadLetters::Choice chosen_by(const DeadChoice& choice) {
  return [choice](const DeadLetter& letter) {
    if (choice.all) return true;
    if (!choice.id.empty()) return shown(letter.id) == choice.id;
    return !choice.reason.empty() && letter.reason.find(choice.reason) != std::string::npos;
  };
}

Error unknown_letter(const DeadChoice& choice) {
  return {"unknown_letter", Retry::kNever, "there is no dead letter " + one_line(choice.id)};
}

}  // namespace

Status show_queue(const MailSetup& setup, bool as_json) {
  auto queue = OperatorsQueue::open(setup);
  if (!queue) return queue.error();
  const auto counts = (*queue)->counter().count();
  if (!counts) return counts.error();
  const auto outbox = (*queue)->count_outbox();
  if (!outbox) return outbox.error();
  if (as_json) {
    print_line(json::serialize(to_json(*counts, **queue, *outbox)));
  } else {
    print_counts(*counts, **queue, *outbox);
  }
  return {};
}

Status show_dead(const MailSetup& setup, std::size_t limit, bool as_json) {
  auto queue = OperatorsQueue::open(setup);
  if (!queue) return queue.error();
  // One more, to know whether there are more.
  auto dead = (*queue)->dead_letters().list(std::max(limit, limit + 1));
  if (!dead) return dead.error();
  const bool more = dead->size() > limit;
  if (more) dead->resize(limit);
  const TimePoint now = SystemClock().now();
  if (as_json) {
    json::array all;
    for (const auto& letter : *dead) all.push_back(to_json(letter, now));
    print_line(json::serialize(all));
  } else if (dead->empty()) {
    print_line("there are no dead letters");
  } else {
    print_table(*dead, now);
  }
  if (more) std::fprintf(stderr, "there are more: see --limit\n");
  return {};
}

Status replay_dead(const MailSetup& setup, const DeadChoice& choice) {
  auto queue = OperatorsQueue::open(setup);
  if (!queue) return queue.error();
  const auto replayed = (*queue)->dead_letters().replay(chosen_by(choice));
  if (!replayed) return replayed.error();
  const auto count = replayed->queued.size();
  if (!choice.id.empty() && count + replayed->unreadable == 0) return unknown_letter(choice);
  print_line(letters(count) + " replayed");
  if (auto noted = (*queue)->note_queued(replayed->queued); !noted) {
    // The outcome of the next attempt will be recorded all the same.
    std::fprintf(stderr, "postern: their states were not recorded: %s\n",
                 noted.error().cause.c_str());
  }
  if (replayed->unreadable == 0) return {};
  const Error left{"unreadable", Retry::kNever,
                   letters(replayed->unreadable) + " left: no worker can read them"};
  if (!choice.id.empty()) return left;
  std::fprintf(stderr, "%s\n", left.cause.c_str());
  return {};
}

Status drop_dead(const MailSetup& setup, const DeadChoice& choice) {
  auto queue = OperatorsQueue::open(setup);
  if (!queue) return queue.error();
  const auto dropped = (*queue)->dead_letters().drop(chosen_by(choice));
  if (!dropped) return dropped.error();
  if (!choice.id.empty() && *dropped == 0) return unknown_letter(choice);
  print_line(letters(*dropped) + " dropped");
  return {};
}

}  // namespace postern
