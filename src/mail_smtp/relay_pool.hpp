// The SMTP relays of a process, in order of preference, each behind a circuit breaker:
//
//   closed     messages go there
//   open       after a fault of the relay's own it is held back for hold_time(), with some jitter
//   probed     that time is over, and a RelayProber connects and logs in: no job is spent on it
//   half-open  a connection alone does not prove that the fault is gone: one message of one sender
//              tries, while all others stay away (without a prober, the first step after open);
//              what comes of it closes the breaker, or opens it for longer
//
// A relay that refused the rate of messages is closed again but paced: a pause between messages,
// which doubles at each such refusal and shrinks with each message that is sent.
//
// Thread contract: all members may be called from any thread. The time is the caller's.
// Opens no connection and sees no message: SmtpMailer and RelayProber do.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/log.hpp"
#include "mail_smtp/relay_turn.hpp"
#include "mail_smtp/smtp_options.hpp"

namespace postern {

class RelayPool {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// At least one relay. `log` outlives the pool.
  RelayPool(std::vector<SmtpOptions> relays, Logger& log, RelayHold hold = {});

  std::size_t size() const { return options_.size(); }
  const SmtpOptions& options(std::size_t relay) const { return options_[relay]; }

  /// The first relay from `first` on that may be used; nothing when all of them are held back.
  std::optional<RelayTurn> pick(Time now, std::size_t first = 0);
  /// For a message whose head is with this relay already.
  RelayTurn go_on(std::size_t relay) { return {*this, relay, false, false}; }

  /// Whether the message after this one may be announced to the same relay: it is well as far as is
  /// known, gets along with that, and none that is preferred to it may be used.
  bool may_announce(const RelayTurn& turn, Time now);
  /// This relay does not get along with the head of a message right after the end of another.
  void keep_mails_apart(std::size_t relay);

  /// The job was cut off on a new connection to this relay. True when the job before was as well,
  /// and was another one.
  bool cut_off(std::size_t relay, const std::string& job);
  /// A reply within a transaction: the last cut-off was by chance.
  void answered(std::size_t relay);
  /// Whether this relay has refused this job with words about us; and that it has.
  bool has_blamed_us(std::size_t relay, const std::string& job);
  void note_blame(std::size_t relay, const std::string& job);

  /// The earliest time at which some relay may be used; in the past when one may be.
  Time ready_at(Time now);
  /// Why the relay was held back that was held back last.
  std::string last_fault();
  std::vector<RelayState> states();

  /// One is open to this relay for as long as the mark lives.
  SessionMark mark_session(std::size_t relay) { return SessionMark(sessions_[relay]); }
  int sessions(std::size_t relay) const { return sessions_[relay]; }

  // A RelayProber's side.

  /// From now on a relay that was held back is probed before any message tries it.
  void set_probed(bool probed);
  /// Waits until this relay is due for a probe; nothing after end_probing().
  std::optional<RelayTurn> wait_for_probe(std::size_t relay);
  void end_probing();

 private:
  friend class RelayTurn;
  enum class Breaker { kClosed, kOpen, kProbed, kHalfOpen };
  struct Relay {
    Breaker breaker = Breaker::kClosed;
    RelayFault fault = RelayFault::kNone;
    int failures = 0;
    Time since = {};
    /// kOpen: until the next probe. kHalfOpen: until another message may try.
    Time until = {};
    std::string reason = {};
    /// The job whose refusal was the last evidence.
    std::string job = {};
    std::string cut_off_job = {};
    bool mails_apart = false;
    std::chrono::milliseconds pace{0};
    Time next_start = {};
  };

  void close(std::size_t relay);
  void let_in(std::size_t relay);
  void note_sent(std::size_t relay);
  void hold_on(std::size_t relay, Time now);
  void open(const RelayTurn& turn, const RelayFailure& failure, Time now);
  void give_back(const RelayTurn& turn);
  bool may_be_used(const Relay& relay, Time now) const;
  std::chrono::milliseconds hold_after(const Relay& relay, Time now);
  void log_held_back(std::size_t relay, const RelayFailure& failure);

  const std::vector<SmtpOptions> options_;
  Logger& log_;
  const RelayHold hold_;
  std::mutex mutex_;
  std::condition_variable probe_due_;
  bool is_probed_ = false;
  bool probing_ended_ = false;
  std::vector<Relay> relays_;
  std::vector<std::atomic<int>> sessions_;
  /// "relay job"; and in their order.
  std::unordered_set<std::string> blames_;
  std::deque<std::string> blames_order_;
  std::string last_fault_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace postern
