#include "worker/worker.hpp"

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "base/crash_point.hpp"
#include "base/limits.hpp"
#include "queue/job_codec.hpp"

namespace postern {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kTakeWithin = std::chrono::seconds(5);

Settled outcome_of(const OpenLetter& letter, Settlement settlement, std::string reason = {}) {
  Settled settled;
  settled.tag = letter.tag;
  settled.settlement = settlement;
  settled.reason = std::move(reason);
  settled.mail_id = letter.job.mail_id;
  settled.kind = to_string(letter.job.kind);
  settled.account_id = letter.job.account_id;
  return settled;
}

Settlement settlement_of(DeliveryEnd end) {
  switch (end) {
    case DeliveryEnd::kDone:
      return Settlement::kDone;
    case DeliveryEnd::kNever:
      return Settlement::kDead;
    case DeliveryEnd::kLater:
      break;
  }
  return Settlement::kLater;
}

}  // namespace

/// The letters of one lane, from the desk into the mailer's hands.
class Worker::Lane final : public LetterSource {
 public:
  Lane(Worker& worker, const Mailer& mailer) : worker_(worker), mailer_(mailer) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// A mailer that broke off reports nothing: what it had comes again.
  ~Lane() override {
    while (!in_hand_.empty()) finished({DeliveryEnd::kLater, "internal: the mailer broke off"});
  }

  std::optional<Mail> next() override {
    // What would only come back stays on the desk.
    if (mailer_.ready_at() > SteadyClock::now()) return std::nullopt;
    while (auto letter = worker_.desk_.next(SteadyClock::now(), in_hand_.empty())) {
      if (auto mail = write(*letter)) {
        crash_point("worker.before_send");
        in_hand_.push_back(*std::move(letter));
        return mail;
      }
    }
    return std::nullopt;
  }

  void finished(const DeliveryReport& report) override {
    const OpenLetter letter = std::move(in_hand_.front());
    in_hand_.pop_front();
    if (report.end == DeliveryEnd::kDone) crash_point("worker.after_sent");
    end(letter, report);
    // What another letter's mail server took is not this one's time.
    if (!in_hand_.empty()) worker_.desk_.turn(in_hand_.front(), SteadyClock::now());
  }

 private:
  void end(const OpenLetter& letter, const DeliveryReport& report) {
    const auto twins = worker_.recently_sent_.end(letter, report.end == DeliveryEnd::kDone);
    worker_.finish(letter, report);
    for (const auto& twin : twins) worker_.finish(twin, report);
  }

  /// Nothing when there is nothing to send: the letter is finished then, or will be with its twin.
  std::optional<Mail> write(const OpenLetter& letter) {
    const TimePoint now = worker_.parts_.clock.now();
    if (letter.job.expires_at <= now) {
      worker_.finish(letter, {DeliveryEnd::kNever, "expired: the job is past its expires_at"});
      return std::nullopt;
    }
    switch (worker_.recently_sent_.begin(letter)) {
      case RecentlySent::Before::kNothing:
        break;
      case RecentlySent::Before::kInHand:
        return std::nullopt;
      case RecentlySent::Before::kSent:
        worker_.finish(letter, {DeliveryEnd::kDone, "sent before"});
        return std::nullopt;
    }
    try {
      return worker_.parts_.letters.write(letter.job, now);
    } catch (const std::exception& error) {
      end(letter, {DeliveryEnd::kLater, std::string("internal: ") + error.what()});
      return std::nullopt;
    }
  }

  Worker& worker_;
  const Mailer& mailer_;
  std::deque<OpenLetter> in_hand_;
};

Worker::Worker(WorkerParts parts)
    : parts_(std::move(parts)),
      desk_(parts_.mailers.size()),
      recently_sent_(limits::kRecentlySent) {
  for (auto& mailer : parts_.mailers) {
    lanes_.emplace_back([this, &mailer = *mailer] { send_letters(mailer); });
    pthread_setname_np(lanes_.back().native_handle(), "worker");
  }
  queue_thread_ = std::thread([this] { tend_queue(); });
  pthread_setname_np(queue_thread_.native_handle(), "mail queue");
}

Worker::~Worker() { stop(); }

void Worker::stop() {
  stopping_ = true;
  desk_.close();
  stop_signal_.notify();
  for (auto& lane : lanes_) {
    if (lane.joinable()) lane.join();
  }
  lanes_ended_ = true;
  stop_signal_.notify();
  parts_.queue->wake();
  if (queue_thread_.joinable()) queue_thread_.join();
}

void Worker::send_letters(Mailer& mailer) {
  while (!stopping_) {
    const auto seen = stop_signal_.generation();
    const auto now = SteadyClock::now();
    if (mailer.ready_at() > now) {
      stop_signal_.wait(seen, now + limits::kHeldBackPoll);
    } else if (!desk_.wait(now, now + limits::kOutboxPoll)) {
      mailer.idle();
    } else {
      try {
        Lane lane(*this, mailer);
        mailer.deliver(lane);
      } catch (const std::exception& error) {
        parts_.log.error("sending broke off", {{"reason", error.what()}});
      }
    }
  }
}

void Worker::tend_queue() {
  while (!lanes_ended_) {
    // Under load a moment's wait makes one settlement of what would have been ten.
    settle(desk_.collect(limits::kSettleTogether, SteadyClock::now() + limits::kSettleGather));
    put_back(desk_.held_up(SteadyClock::now()), "held up");
    const auto now = SteadyClock::now();
    const auto seen = stop_signal_.generation();
    if (stopping_ || ready_at() > now) {
      if (!lanes_ended_) stop_signal_.wait(seen, now + limits::kHeldBackPoll);
    } else if (const auto room = desk_.room(now); room.any + room.urgent == 0) {
      settle(desk_.collect(1, now + limits::kOutboxPoll));
    } else {
      take();
    }
  }
  put_back(desk_.take_waiting(), "the worker stops");
  settle(desk_.collect(0, SteadyClock::now()));
}

void Worker::take() {
  if (!desk_.begin_take()) return;
  const auto now = SteadyClock::now();
  const auto deliveries = parts_.queue->take(desk_.room(now), now + kTakeWithin);
  desk_.end_take();
  if (!stopping_) queue_connected_ = static_cast<bool>(deliveries);
  if (deliveries) {
    queue_fault_.clear();
    for (const auto& delivery : *deliveries) open(delivery);
    if (!deliveries->empty()) crash_point("worker.after_take");
    return;
  }
  // What was not begun comes again from the queue, here or elsewhere.
  const auto dropped = desk_.take_waiting().size();
  if (stopping_) return;
  if (std::exchange(queue_fault_, deliveries.error().detail) != deliveries.error().detail) {
    parts_.log.warn("the mail queue is away", deliveries.error());
  }
  if (dropped > 0) return;
  const auto seen = stop_signal_.generation();
  stop_signal_.wait(seen, SteadyClock::now() + limits::kOutboxPoll);
}

void Worker::open(const Delivery& delivery) {
  auto job = decode_mail_job(delivery.body);
  if (job) {
    // What another program published says nothing of its class.
    const auto priority = delivery.priority == MailPriority::kNormal ? default_priority(job->kind)
                                                                     : delivery.priority;
    desk_.put({delivery.tag, delivery.body, *std::move(job), SteadyClock::now(), priority});
    return;
  }
  parts_.log.warn("a job was refused", job.error());
  Settled settled;
  settled.tag = delivery.tag;
  settled.settlement = Settlement::kDead;
  count(settled.settlement);
  settled.reason = job.error().code + ": " + job.error().detail;
  wake_queue(desk_.refuse(std::move(settled)));
}

void Worker::settle(const std::vector<Settled>& settled) {
  if (settled.empty()) return;
  crash_point("worker.before_settle");
  if (const auto status = parts_.queue->settle(settled); !status) {
    parts_.log.warn("letters could not be settled and will come again", status.error());
  }
  crash_point("worker.after_settle");
}

void Worker::put_back(const std::vector<OpenLetter>& letters, std::string_view why) {
  std::vector<Settled> settled;
  for (const auto& letter : letters) {
    settled.push_back(outcome_of(letter, Settlement::kLater, std::string(why)));
    settled.back().counts = false;
  }
  settle(settled);
}

void Worker::finish(const OpenLetter& letter, DeliveryReport report) {
  Settled settled = outcome_of(letter, settlement_of(report.end), report.reason);
  settled.counts = !report.relay_fault;
  count(settled.settlement);
  if (report.end == DeliveryEnd::kDone) {
    parts_.log.info("letter sent", {{"mail_id", settled.mail_id}, {"kind", settled.kind}});
  } else {
    parts_.log.warn("letter not sent", {{"mail_id", settled.mail_id},
                                        {"kind", settled.kind},
                                        {"again", report.end == DeliveryEnd::kLater ? "yes" : "no"},
                                        {"reason", report.reason}});
  }
  wake_queue(desk_.finish(letter, std::move(settled), SteadyClock::now()));
}

void Worker::count(Settlement settlement) {
  sent_ += settlement == Settlement::kDone ? 1 : 0;
  deferred_ += settlement == Settlement::kLater ? 1 : 0;
  failed_ += settlement == Settlement::kDead ? 1 : 0;
}

void Worker::wake_queue(bool needed) {
  if (needed) parts_.queue->wake();
}

}  // namespace postern
