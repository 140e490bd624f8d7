// The relays of a process, in order of preference, each behind a circuit breaker:
//
//   closed     letters go there
//   open       after a fault of the relay's own it is left alone: limits::kSmtpHoldMin at first,
//   and
//              twice as long after every further fault, kSmtpHoldMax at most, with some jitter
//   half-open  when that time is over, one letter of one mailer tries it, while all others stay
//              away; what comes of it closes the breaker, or opens it for longer
//
// Thread contract: all members may be called from any thread. The time is the caller's.
// Opens no connection and sees no letter: SmtpMailer does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "mail_smtp/smtp_options.hpp"

namespace postern {

/// For metrics and for people.
struct RelayState {
  std::string host;
  std::uint16_t port = 0;
  bool held_back = false;
  /// Of the last fault; empty when it is not held back.
  std::string reason;
};

struct RelayHold {
  std::chrono::milliseconds min = limits::kSmtpHoldMin;
  std::chrono::milliseconds max = limits::kSmtpHoldMax;
};

class RelayPool;

/// The leave to use one relay for one letter. It ends with a verdict, worked() or failed(), or
/// without one: then a probe is somebody else's to make.
class RelayTurn {
 public:
  RelayTurn(RelayTurn&& other) noexcept;
  RelayTurn& operator=(RelayTurn&&) = delete;
  ~RelayTurn();

  std::size_t relay() const { return relay_; }
  /// Whether this letter is to find out if the relay has healed.
  bool is_probe() const { return probe_; }
  /// The relay did what a relay should, whatever it said about the letter.
  void worked();
  /// `reason` holds no address and no secret. A fault of what was begun before the relay was held
  /// back says nothing new.
  void failed(const std::string& reason, std::chrono::steady_clock::time_point now);

 private:
  friend class RelayPool;
  RelayTurn(RelayPool& pool, std::size_t relay, bool probe)
      : pool_(&pool), relay_(relay), probe_(probe) {}

  RelayPool* pool_;
  std::size_t relay_;
  bool probe_;
};

class RelayPool {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// At least one relay. `log` outlives the pool.
  RelayPool(std::vector<SmtpOptions> relays, Logger& log, RelayHold hold = {});

  std::size_t size() const { return options_.size(); }
  const SmtpOptions& options(std::size_t relay) const { return options_[relay]; }

  /// The first relay from `first` on that may be used; nothing when all of them are held back.
  std::optional<RelayTurn> pick(Time now, std::size_t first = 0);
  /// For a letter whose head is with this relay already.
  RelayTurn go_on(std::size_t relay) { return {*this, relay, false}; }

  /// Whether the letter after this one may be announced to the same relay: it is well as far as is
  /// known, gets along with that, and none that is preferred to it may be used.
  bool may_announce(const RelayTurn& turn, Time now);
  /// This relay does not get along with the head of a letter right after the end of another.
  void keep_letters_apart(std::size_t relay);

  /// The earliest time at which some relay may be used; in the past when one may be.
  Time ready_at(Time now);
  /// Why the relay was held back that was held back last.
  std::string last_fault();
  std::vector<RelayState> states();

 private:
  friend class RelayTurn;
  enum class Breaker { kClosed, kOpen, kProbed };
  struct Relay {
    Breaker breaker = Breaker::kClosed;
    int faults = 0;
    Time until = {};
    std::string reason = {};
    bool letters_apart = false;
  };

  void close(std::size_t relay);
  void open(const RelayTurn& turn, const std::string& reason, Time now);
  void give_back(std::size_t relay);
  static bool may_be_used(const Relay& relay, Time now);
  std::chrono::milliseconds hold_after(int faults);

  const std::vector<SmtpOptions> options_;
  Logger& log_;
  const RelayHold hold_;
  std::mutex mutex_;
  std::vector<Relay> relays_;
  std::string last_fault_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace postern
