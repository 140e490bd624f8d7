#include "worker/worker.hpp"

#include <pthread.h>

#include "base/limits.hpp"
#include "queue/job_codec.hpp"

namespace postern {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Settled letters wait at most this long for company, so that a slow server leaves few to repeat;
/// a batch that takes longer is followed by a smaller one, so that it leaves few to wait.
constexpr auto kSettleWithin = std::chrono::milliseconds(100);
/// After this long the rest of a batch is given back, for a lane that is not held up.
constexpr auto kBatchWithin = std::chrono::seconds(10);
constexpr auto kTakeWithin = std::chrono::seconds(5);

Settled put_back(const Delivery& delivery, std::string_view why) {
  Settled settled;
  settled.tag = delivery.tag;
  settled.settlement = Settlement::kLater;
  settled.reason = why;
  settled.counts = false;
  return settled;
}

}  // namespace

/// What one thread works with.
struct Worker::Lane {
  std::unique_ptr<MailQueue> queue;
  std::unique_ptr<Mailer> mailer;
  /// How many letters it takes at once: few from a slow mail server, many from a quick one.
  std::size_t batch = 1;
  std::thread thread;
};

Worker::Worker(WorkerSettings settings, WorkerParts parts)
    : settings_(std::move(settings)),
      parts_(std::move(parts)),
      letters_(settings_.base_url, settings_.token_ttl, parts_.signer, parts_.composer),
      recently_sent_(limits::kRecentlySent) {
  for (std::size_t i = 0; i < settings_.threads; ++i) {
    auto lane = std::make_unique<Lane>();
    lane->queue = parts_.make_queue();
    lane->mailer = parts_.make_mailer();
    lanes_.push_back(std::move(lane));
  }
  for (auto& lane : lanes_) {
    lane->thread = std::thread([this, &lane = *lane] { loop(lane); });
    pthread_setname_np(lane->thread.native_handle(), "worker");
  }
}

Worker::~Worker() { stop(); }

void Worker::stop() {
  stopping_ = true;
  stop_signal_.notify();
  for (auto& lane : lanes_) lane->queue->wake();
  for (auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
}

void Worker::loop(Lane& lane) {
  while (!stopping_) {
    const auto seen = stop_signal_.generation();
    const auto deliveries = lane.queue->take(lane.batch, SteadyClock::now() + kTakeWithin);
    if (!deliveries) {
      parts_.log.warn("the mail queue is away", deliveries.error());
      if (!stopping_) stop_signal_.wait(seen, SteadyClock::now() + limits::kOutboxPoll);
    } else if (deliveries->empty()) {
      lane.mailer->idle();
    } else {
      deliver(lane, *deliveries);
    }
  }
}

void Worker::deliver(Lane& lane, const std::vector<Delivery>& deliveries) {
  std::vector<Settled> settled;
  const auto begun = SteadyClock::now();
  auto oldest = begun;
  for (const auto& delivery : deliveries) {
    if (stopping_ || SteadyClock::now() - begun > kBatchWithin) {
      settled.push_back(put_back(delivery, stopping_ ? "the worker stops" : "held up"));
      continue;
    }
    settled.push_back(process(lane, delivery));
    if (SteadyClock::now() - oldest < kSettleWithin) continue;
    settle(lane, settled);
    oldest = SteadyClock::now();
  }
  settle(lane, settled);
  const bool quick = SteadyClock::now() - begun < kSettleWithin;
  lane.batch = quick ? std::min(lane.batch * 2, limits::kMailBatch) : 1;
}

void Worker::settle(Lane& lane, std::vector<Settled>& settled) {
  if (settled.empty()) return;
  if (const auto status = lane.queue->settle(settled); !status) {
    parts_.log.warn("letters could not be settled and will come again", status.error());
  }
  settled.clear();
}

Settled Worker::process(Lane& lane, const Delivery& delivery) {
  Settled settled;
  settled.tag = delivery.tag;
  const auto job = decode_mail_job(delivery.body);
  if (!job) {
    settled.settlement = Settlement::kDead;
    settled.reason = job.error().code + ": " + job.error().detail;
    parts_.log.warn("a job was refused", job.error());
    return settled;
  }
  settled.mail_id = job->mail_id;
  settled.kind = to_string(job->kind);
  settled.account_id = job->account_id;
  if (job->expires_at <= parts_.clock.now()) {
    settled.settlement = Settlement::kDead;
    settled.reason = "expired: the job is past its expires_at";
    return settled;
  }

  if (recently_sent_.contains(delivery.body)) return settled;

  DeliveryReport report;
  try {
    report = write_and_send(lane, *job);
  } catch (const std::exception& error) {
    report = {DeliveryEnd::kLater, std::string("internal: ") + error.what(), false};
  }
  settled.reason = report.reason;
  settled.counts = !report.relay_fault;
  switch (report.end) {
    case DeliveryEnd::kDone:
      settled.settlement = Settlement::kDone;
      break;
    case DeliveryEnd::kLater:
      settled.settlement = Settlement::kLater;
      break;
    case DeliveryEnd::kNever:
      settled.settlement = Settlement::kDead;
      break;
  }
  if (report.end == DeliveryEnd::kDone) {
    recently_sent_.add(delivery.body);
    parts_.log.info("letter sent", {{"mail_id", job->mail_id}, {"kind", settled.kind}});
  } else {
    parts_.log.warn("letter not sent", {{"mail_id", job->mail_id},
                                        {"kind", settled.kind},
                                        {"again", report.end == DeliveryEnd::kLater ? "yes" : "no"},
                                        {"reason", report.reason}});
  }
  return settled;
}

DeliveryReport Worker::write_and_send(Lane& lane, const MailJob& job) {
  return lane.mailer->send(letters_.write(job, parts_.clock.now()));
}

}  // namespace postern
