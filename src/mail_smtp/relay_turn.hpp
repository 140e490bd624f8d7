// The values that a RelayPool and the users of its relays exchange.
//
// Thread contract: a RelayTurn and a SessionMark belong to one thread; their pool outlives them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/limits.hpp"
#include "mail_smtp/relay_fault.hpp"

namespace postern {

/// For metrics and for people.
struct RelayState {
  std::string host;
  std::uint16_t port = 0;
  bool held_back = false;
  /// Of the last fault, and what to change; empty when it is not held back.
  std::string reason;
  std::string advice = {};
};

struct RelayHold {
  std::chrono::milliseconds min = limits::kSmtpHoldMin;
  std::chrono::milliseconds max = limits::kSmtpAccountHoldMax;
};

/// The reason for which a relay is held back.
struct RelayFailure {
  RelayFault fault = RelayFault::kPath;
  /// Holds no address and no secret.
  std::string reason = {};
  /// The mail id; empty for a probe.
  std::string job = {};
};

class RelayPool;

/// The leave to use one relay for one message or one probe. It ends with a verdict, or without one:
/// then another sender may try the relay.
class RelayTurn {
 public:
  RelayTurn(RelayTurn&& other) noexcept;
  RelayTurn& operator=(RelayTurn&&) = delete;
  ~RelayTurn();

  std::size_t relay() const { return relay_; }
  /// Whether this is to find out if the relay has healed.
  bool is_trial() const { return trial_; }
  /// The relay took a message.
  void sent();
  /// It did what a relay should, whatever it said about the message; or let a probe in.
  void worked();
  /// It refused once more what is no new evidence: as it was, after the same pause.
  void unchanged(std::chrono::steady_clock::time_point now);
  /// A fault of what was begun before the relay was held back says nothing new.
  void failed(const RelayFailure& failure, std::chrono::steady_clock::time_point now);

 private:
  friend class RelayPool;
  RelayTurn(RelayPool& pool, std::size_t relay, bool trial, bool probe)
      : pool_(&pool), relay_(relay), trial_(trial), probe_(probe) {}

  RelayPool* pool_;
  std::size_t relay_;
  bool trial_;
  bool probe_;
};

/// Counts an open session for as long as it lives; an empty one counts nothing.
class SessionMark {
 public:
  SessionMark() = default;
  explicit SessionMark(std::atomic<int>& count) : count_(&count) { ++count; }
  SessionMark(SessionMark&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  SessionMark& operator=(SessionMark&& other) noexcept {
    std::swap(count_, other.count_);
    return *this;
  }
  ~SessionMark() {
    if (count_ != nullptr) --*count_;
  }

 private:
  std::atomic<int>* count_ = nullptr;
};

}  // namespace postern
