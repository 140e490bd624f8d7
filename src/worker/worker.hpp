// The mail loop: take a job ─► mint its token ─► render the email ─► send it ─► settle.
//
//   queue ─► [ queue thread: take, decode ] ─► dispatcher ─► [ sender: write, send ] × n ─►
//   dispatcher
//     ▲                                                                              │
//     └────────────── settle ◄── [ queue thread: what is finished ] ◄────────────────┘
//
// Each attempt ends as sent, deferred or failed. A job that cannot be read, has expired, or that
// the recipient's server rejects permanently becomes a dead letter with its reason; every other
// failure is deferred. While every relay is held back, nothing is taken; what was taken waits here
// or, when that takes longer, at the end of the queue, and leaves as soon as one is back.
//
// Thread contract: all members may be called from any thread. The queue belongs to one thread, and
// each sender has a mailer of its own, so that a slow transaction holds up one of them only; a
// further sender then takes its place.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/signal.hpp"
#include "mail/mailer.hpp"
#include "model/delivery_outcome.hpp"
#include "queue/mail_queue.hpp"
#include "worker/dispatcher.hpp"
#include "worker/message_builder.hpp"
#include "worker/recently_sent.hpp"

namespace postern {

struct WorkerParts {
  const MessageBuilder& builder;
  const Clock& clock;
  Logger& log;
  std::unique_ptr<MailQueue> queue;
  /// One for each sender.
  std::vector<std::unique_ptr<Mailer>> mailers;
  /// So many of the senders always work; the others begin emails for those whose email takes long.
  /// 0: all of them.
  std::size_t usual_senders = 0;
};

class Worker {
 public:
  /// Starts the threads. What the parts refer to outlives the worker.
  explicit Worker(WorkerParts parts);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Ends each sender after the emails in flight; what it has not begun goes back.
  void stop();

  /// Ends of deliveries; what was given back untried is not among them.
  OutcomeCounts outcomes() const { return counter_.counts(); }
  /// From the request to the mail server's 250, or to the capture.
  const DurationHistogram& delivery_times() const { return delivery_times_; }
  /// Whether the queue answered when it was asked last.
  bool queue_connected() const { return queue_connected_; }
  /// Rounds of the queue thread so far. Each wait in a round has a deadline, so a count that stands
  /// still means that the thread hangs.
  std::uint64_t queue_rounds() const { return queue_rounds_; }

 private:
  class Sender;

  void tend_queue();
  void take();
  void open(const Delivery& delivery);
  void settle(const std::vector<Settled>& settled);
  void put_back(const std::vector<PendingMail>& mails, std::string_view why, RetryAfter after);
  /// Jobs that have waited long for a relay, here or at the queue, go to the end of the queue.
  void refresh_held();
  void wait_for_relay(std::uint64_t seen);
  void finish(const PendingMail& pending, DeliveryReport report);
  void wake_queue(bool needed);
  void send_mails(Mailer& mailer, std::size_t place);
  /// Whether there is work for this sender; waits for a while.
  bool wait_for_work(std::size_t place);
  /// When a relay may be tried again; in the past while one works.
  SteadyTime ready_at() const { return parts_.mailers.front()->ready_at(); }

  WorkerParts parts_;
  Dispatcher dispatcher_;
  /// Why the queue gives nothing, as it was logged. The queue thread's.
  std::string queue_fault_;
  RecentlySent recently_sent_;
  Signal stop_signal_;
  /// When what is held was taken, at the earliest.
  SteadyTime held_since_ = SteadyTime::max();
  std::atomic<bool> queue_connected_ = false;
  std::atomic<std::uint64_t> queue_rounds_ = 0;
  OutcomeCounter counter_;
  DurationHistogram delivery_times_{DurationHistogram::kDeliveryBounds};
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> senders_ended_ = false;
  std::vector<std::thread> senders_;
  std::thread queue_thread_;
};

}  // namespace postern
