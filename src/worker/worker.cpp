#include "worker/worker.hpp"

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "base/barrier.hpp"
#include "base/crash_point.hpp"
#include "base/limits.hpp"
#include "queue/job_codec.hpp"

namespace postern {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kTakeWithin = std::chrono::seconds(5);

Settled settled_as(DeliveryOutcome outcome, const PendingMail& pending, std::string reason) {
  Settled settled;
  settled.tag = pending.tag;
  settled.outcome = outcome;
  settled.reason = std::move(reason);
  settled.mail_id = pending.job.mail_id;
  settled.kind = to_string(pending.job.kind);
  settled.account_id = pending.job.account_id;
  return settled;
}

/// When this mailer can send something, as far as is known.
SteadyTime may_send_at(const Mailer& mailer) {
  return std::max(mailer.ready_at(), mailer.pauses_until());
}

std::size_t usual_senders(const WorkerParts& parts) {
  return parts.usual_senders == 0 ? parts.mailers.size() : parts.usual_senders;
}

RetryAfter retry_after(const DeliveryReport& report) {
  if (report.unknown) return RetryAfter::kUnknownPause;
  return report.relay_fault ? RetryAfter::kAtOnce : RetryAfter::kBackOff;
}

}  // namespace

/// The emails of one sender, from the dispatcher into the mailer's hands.
class Worker::Sender final : public MailSource {
 public:
  Sender(Worker& worker, const Mailer& mailer, std::size_t place)
      : worker_(worker), mailer_(mailer), place_(place) {}
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// A mailer that broke off reports nothing: what it had comes again.
  ~Sender() override {
    while (!in_flight_.empty())
      finished({DeliveryOutcome::kDeferred, "internal: the mailer broke off"});
  }

  std::optional<Mail> next() override {
    // Jobs that would only come back stay on the dispatcher, and so do those that the usual
    // senders can begin.
    const auto now = SteadyClock::now();
    if (may_send_at(mailer_) > now || !worker_.dispatcher_.may_serve(place_, now))
      return std::nullopt;
    while (auto pending = worker_.dispatcher_.next(SteadyClock::now(), in_flight_.empty())) {
      if (auto mail = write(*pending)) {
        crash_point("worker.before_send");
        in_flight_.push_back(*std::move(pending));
        return mail;
      }
    }
    return std::nullopt;
  }

  void finished(const DeliveryReport& report) override {
    const PendingMail pending = std::move(in_flight_.front());
    in_flight_.pop_front();
    if (report.outcome == DeliveryOutcome::kSent) crash_point("worker.after_sent");
    if (report.untried)
      put_back(pending);
    else
      end(pending, report);
    // The time that another email's mail server took is not counted for this one.
    if (!in_flight_.empty()) worker_.dispatcher_.turn(in_flight_.front(), SteadyClock::now());
  }

  void give_back() override {
    const PendingMail pending = std::move(in_flight_.back());
    in_flight_.pop_back();
    put_back(pending);
  }

 private:
  void put_back(const PendingMail& pending) {
    const auto now = SteadyClock::now();
    for (const auto& twin : worker_.recently_sent_.cancel(pending))
      worker_.dispatcher_.give_back(twin, now);
    worker_.dispatcher_.give_back(pending, now);
  }

  void end(const PendingMail& pending, const DeliveryReport& report) {
    const auto twins =
        worker_.recently_sent_.end(pending, report.outcome == DeliveryOutcome::kSent);
    worker_.finish(pending, report);
    for (const auto& twin : twins) worker_.finish(twin, report);
  }

  /// Nothing when there is nothing to send: the email is finished then, or will be with its twin.
  std::optional<Mail> write(const PendingMail& pending) {
    const TimePoint now = worker_.parts_.clock.now();
    if (pending.job.expires_at <= now) {
      worker_.finish(pending,
                     {DeliveryOutcome::kFailed, "expired: the job is past its expires_at"});
      return std::nullopt;
    }
    switch (worker_.recently_sent_.begin(pending)) {
      case RecentlySent::Before::kNothing:
        break;
      case RecentlySent::Before::kInFlight:
        return std::nullopt;
      case RecentlySent::Before::kSent:
        worker_.finish(pending, {DeliveryOutcome::kSent, "sent before"});
        return std::nullopt;
    }
    auto mail = guarded([&] { return worker_.parts_.builder.build(pending.job, now); });
    if (!mail) {
      end(pending, {DeliveryOutcome::kDeferred, "internal: " + mail.error().cause});
      return std::nullopt;
    }
    mail->unknown_outcomes = pending.unknown_outcomes;
    return *std::move(mail);
  }

  Worker& worker_;
  const Mailer& mailer_;
  const std::size_t place_;
  std::deque<PendingMail> in_flight_;
};

Worker::Worker(WorkerParts parts)
    : parts_(std::move(parts)),
      dispatcher_(usual_senders(parts_), parts_.mailers.size() - usual_senders(parts_)),
      recently_sent_(limits::kRecentlySent) {
  for (std::size_t place = 0; place < parts_.mailers.size(); ++place) {
    senders_.emplace_back([this, place] { send_mails(*parts_.mailers[place], place); });
    pthread_setname_np(senders_.back().native_handle(), "worker");
  }
  queue_thread_ = std::thread([this] { tend_queue(); });
  pthread_setname_np(queue_thread_.native_handle(), "mail queue");
}

Worker::~Worker() { stop(); }

void Worker::stop() {
  stopping_ = true;
  dispatcher_.close();
  stop_signal_.notify();
  for (auto& sender : senders_) {
    if (sender.joinable()) sender.join();
  }
  senders_ended_ = true;
  stop_signal_.notify();
  parts_.queue->wake();
  if (queue_thread_.joinable()) queue_thread_.join();
}

void Worker::send_mails(Mailer& mailer, std::size_t place) {
  while (!stopping_) {
    const auto seen = stop_signal_.generation();
    const auto now = SteadyClock::now();
    if (const auto at = may_send_at(mailer); at > now) {
      stop_signal_.wait(seen, std::min(at, now + limits::kHeldBackPoll));
    } else if (!wait_for_work(place)) {
      mailer.idle();
    } else {
      try {
        Sender sender(*this, mailer, place);
        mailer.deliver(sender);
      } catch (const std::exception& error) {
        parts_.log.error("sending broke off", {{"reason", error.what()}});
      }
    }
  }
}

bool Worker::wait_for_work(std::size_t place) {
  const auto seen = stop_signal_.generation();
  const auto now = SteadyClock::now();
  if (dispatcher_.may_serve(place, now)) return dispatcher_.wait(now, now + limits::kOutboxPoll);
  stop_signal_.wait(seen, now + limits::kFurtherPoll);
  return false;
}

void Worker::tend_queue() {
  while (!senders_ended_) {
    ++queue_rounds_;
    // Under load a moment's wait makes one settlement of what would have been ten.
    settle(
        dispatcher_.collect(limits::kSettleTogether, SteadyClock::now() + limits::kSettleGather));
    const auto now = SteadyClock::now();
    const auto seen = stop_signal_.generation();
    const bool held = ready_at() > now;
    put_back(dispatcher_.held_up(now), "held up",
             held ? RetryAfter::kAtOnce : RetryAfter::kShortly);
    if (stopping_ || held) {
      if (!senders_ended_) wait_for_relay(seen);
      continue;
    }
    held_since_ = SteadyTime::max();
    if (const auto room = dispatcher_.room(now); room.any + room.urgent == 0) {
      settle(dispatcher_.collect(1, now + limits::kOutboxPoll));
    } else {
      take();
    }
  }
  put_back(dispatcher_.take_waiting(), "the worker stops", RetryAfter::kAtOnce);
  settle(dispatcher_.collect(0, SteadyClock::now()));
}

void Worker::wait_for_relay(std::uint64_t seen) {
  const auto now = SteadyClock::now();
  if (held_since_ == SteadyTime::max()) held_since_ = now;
  if (!stopping_ && now - held_since_ > limits::kHeldRefresh) {
    refresh_held();
    held_since_ = now;
  }
  stop_signal_.wait(seen, now + limits::kHeldBackPoll);
}

void Worker::refresh_held() {
  const auto deliveries = parts_.queue->take(limits::kPrefetch, SteadyClock::now());
  if (!deliveries) {
    // Jobs that were taken over the lost connection come again.
    static_cast<void>(dispatcher_.take_waiting());
    return;
  }
  std::vector<Settled> settled;
  for (const auto& delivery : *deliveries) {
    // It has no outcome to report.
    Settled back;
    back.tag = delivery.tag;
    back.outcome = DeliveryOutcome::kDeferred;
    back.retry_after = RetryAfter::kAtOnce;
    back.counts = false;
    settled.push_back(std::move(back));
  }
  settle(settled);
}

void Worker::take() {
  if (!dispatcher_.begin_take()) return;
  const auto now = SteadyClock::now();
  const auto deliveries = parts_.queue->take(dispatcher_.room(now), now + kTakeWithin);
  dispatcher_.end_take();
  if (!stopping_) queue_connected_ = static_cast<bool>(deliveries);
  if (deliveries) {
    queue_fault_.clear();
    for (const auto& delivery : *deliveries) open(delivery);
    if (!deliveries->empty()) crash_point("worker.after_take");
    return;
  }
  // Jobs that were not begun come again from the queue, here or elsewhere.
  const auto dropped = dispatcher_.take_waiting().size();
  if (stopping_) return;
  if (std::exchange(queue_fault_, deliveries.error().cause) != deliveries.error().cause) {
    parts_.log.warn("the mail queue is away", deliveries.error());
  }
  if (dropped > 0) return;
  const auto seen = stop_signal_.generation();
  stop_signal_.wait(seen, SteadyClock::now() + limits::kOutboxPoll);
}

void Worker::open(const Delivery& delivery) {
  auto job = decode_mail_job(delivery.body);
  if (job) {
    // A third-party publisher need not set a priority.
    const auto priority = delivery.priority == MailPriority::kNormal ? default_priority(job->kind)
                                                                     : delivery.priority;
    dispatcher_.put({delivery.tag, delivery.body, *std::move(job), SteadyClock::now(), priority,
                     delivery.unknown_outcomes});
    return;
  }
  parts_.log.warn("a job was refused", job.error());
  Settled settled;
  settled.tag = delivery.tag;
  settled.outcome = DeliveryOutcome::kFailed;
  counter_.count(settled.outcome);
  settled.reason = job.error().code + ": " + job.error().cause;
  wake_queue(dispatcher_.refuse(std::move(settled)));
}

void Worker::settle(const std::vector<Settled>& settled) {
  if (settled.empty()) return;
  crash_point("worker.before_settle");
  if (const auto status = parts_.queue->settle(settled); !status) {
    parts_.log.warn("emails could not be settled and will come again", status.error());
  }
  crash_point("worker.after_settle");
}

void Worker::put_back(const std::vector<PendingMail>& mails, std::string_view why,
                      RetryAfter after) {
  std::vector<Settled> settled;
  for (const auto& pending : mails) {
    settled.push_back(settled_as(DeliveryOutcome::kDeferred, pending, std::string(why)));
    settled.back().counts = false;
    settled.back().retry_after = after;
  }
  settle(settled);
}

void Worker::finish(const PendingMail& pending, DeliveryReport report) {
  Settled settled = settled_as(report.outcome, pending, report.reason);
  settled.relay = report.relay;
  settled.counts = !report.relay_fault;
  settled.retry_after = retry_after(report);
  counter_.count(settled.outcome);
  if (report.outcome == DeliveryOutcome::kSent) {
    delivery_times_.observe(parts_.clock.now() - pending.job.requested_at);
    parts_.log.info("email sent", {{"mail_id", settled.mail_id}, {"kind", settled.kind}});
  } else {
    parts_.log.warn("email not sent",
                    {{"mail_id", settled.mail_id},
                     {"kind", settled.kind},
                     {"again", report.outcome == DeliveryOutcome::kDeferred ? "yes" : "no"},
                     {"reason", report.reason}});
  }
  wake_queue(dispatcher_.finish(pending, std::move(settled), SteadyClock::now()));
}

void Worker::wake_queue(bool needed) {
  if (needed) parts_.queue->wake();
}

}  // namespace postern
