// Distributes the emails of a worker from its queue to its mail connections.
//
//   queue thread ─put─► waiting ─next─► a sender ─finish─► finished ─collect─► queue thread
//
// No email waits for another domain's slow mail server: for an email that takes long a further
// sender begins others; a domain that has been slow lately gets half of the senders at most, and
// an email that cannot be begun for that reason is given back when the dispatcher is full.
// Capacity follows the mail server's recent throughput.
//
// Thread contract: all members may be called from any thread. Time is given, not read.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/mail_job.hpp"
#include "queue/mail_queue.hpp"

namespace postern {

using SteadyTime = std::chrono::steady_clock::time_point;

/// An email that was taken from the queue and not settled yet.
struct PendingMail {
  std::uint64_t tag = 0;
  /// The job as it came.
  std::string body;
  MailJob job;
  SteadyTime taken_at;
  MailPriority priority = MailPriority::kNormal;
  /// Earlier attempts whose outcome is unknown.
  int unknown_outcomes = 0;
};

class Dispatcher {
 public:
  /// `further` senders begin emails only for those whose email takes long.
  explicit Dispatcher(std::size_t senders, std::size_t further = 0)
      : senders_(senders), further_(further) {}

  // The queue thread's side.

  /// How many more emails may be put here now. A place for each sender is kept for what is urgent.
  TakeRoom room(SteadyTime now);
  void put(PendingMail pending);
  /// Outcomes so far. Waits until `deadline` for `enough` of them while the senders have work.
  std::vector<Settled> collect(std::size_t enough, SteadyTime deadline);
  /// Emails that no sender will begin soon: too long here, or of a slow domain while the dispatcher
  /// is full.
  std::vector<PendingMail> held_up(SteadyTime now);
  /// Every email that was not begun.
  std::vector<PendingMail> take_waiting();
  /// The queue thread is about to wait for the queue: finish() tells when it has to be woken. False
  /// when something is finished already.
  bool begin_take();
  void end_take();

  // The senders' side.

  /// Waits for an email that might have been begun at `now`; false at the deadline and after
  /// close().
  bool wait(SteadyTime now, SteadyTime deadline);
  /// Whether sender number `place`, from 0, may begin emails: the usual ones always, of the further
  /// ones as many as emails have been in flight for longer than limits::kSlowSender.
  bool may_serve(std::size_t place, SteadyTime now);
  /// Where the sender has another email in flight, this one is not begun before its turn().
  std::optional<PendingMail> next(SteadyTime now, bool in_turn = true);
  /// The email before it is finished: it is begun now.
  void turn(const PendingMail& pending, SteadyTime now);
  /// True when the queue thread has to be woken.
  [[nodiscard]] bool finish(const PendingMail& pending, Settled settled, SteadyTime now);
  /// Was in flight, and nothing was said about it: the first of its priority.
  void give_back(PendingMail pending, SteadyTime now);
  /// An outcome without an email in flight. True when the queue thread has to be woken.
  [[nodiscard]] bool refuse(Settled settled);

  /// Nothing is begun any more, and no call waits.
  void close();

 private:
  struct Domain {
    /// When each of its emails was begun that are in the senders.
    std::map<std::uint64_t, SteadyTime> begun;
    SteadyTime slow_until;
  };

  static std::string domain_of(const PendingMail& pending);
  std::deque<PendingMail>::iterator find_next(SteadyTime now);
  bool may_begin(const PendingMail& pending, SteadyTime now) const;
  void forget_quick_domains(SteadyTime now);
  void end_flight(const PendingMail& pending, SteadyTime now);
  std::size_t size_wanted(SteadyTime now);
  bool add_finished(Settled settled);
  /// The condition that collect() waits for.
  bool collectable() const;

  const std::size_t senders_;
  const std::size_t further_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable outcome_;
  /// By priority, then in the order in which they came.
  std::deque<PendingMail> waiting_;
  std::size_t begun_ = 0;
  std::vector<Settled> finished_;
  /// So many of them the queue thread waits for.
  std::size_t enough_ = 0;
  std::unordered_map<std::string, Domain> domains_;
  std::size_t in_flight_ = 0;
  /// Emails finished in this second and in the one before: how quick the mail server is.
  std::chrono::seconds second_{0};
  std::size_t this_second_ = 0;
  std::size_t last_second_ = 0;
  bool taking_ = false;
  bool closed_ = false;
};

}  // namespace postern
