#include "mail_smtp/relay_pool.hpp"

#include <algorithm>
#include <utility>

namespace postern {

RelayTurn::RelayTurn(RelayTurn&& other) noexcept
    : pool_(other.pool_), relay_(other.relay_), probe_(std::exchange(other.probe_, false)) {}

RelayTurn::~RelayTurn() {
  if (probe_) pool_->give_back(relay_);
}

void RelayTurn::worked() {
  if (probe_) pool_->close(relay_);
  probe_ = false;
}

void RelayTurn::failed(const std::string& reason, std::chrono::steady_clock::time_point now) {
  pool_->open(*this, reason, now);
  probe_ = false;
}

RelayPool::RelayPool(std::vector<SmtpOptions> relays, Logger& log, RelayHold hold)
    : options_(std::move(relays)), log_(log), hold_(hold), relays_(options_.size()) {}

bool RelayPool::may_be_used(const Relay& relay, Time now) {
  return relay.breaker == Breaker::kClosed ||
         (relay.breaker == Breaker::kOpen && relay.until <= now);
}

std::optional<RelayTurn> RelayPool::pick(Time now, std::size_t first) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = first; i < relays_.size(); ++i) {
    if (!may_be_used(relays_[i], now)) continue;
    const bool probe = relays_[i].breaker == Breaker::kOpen;
    if (probe) relays_[i].breaker = Breaker::kProbed;
    return RelayTurn(*this, i, probe);
  }
  return std::nullopt;
}

bool RelayPool::may_announce(const RelayTurn& turn, Time now) {
  const std::lock_guard lock(mutex_);
  const Relay& relay = relays_[turn.relay()];
  if (relay.letters_apart || (relay.breaker != Breaker::kClosed && !turn.is_probe())) return false;
  const auto preferred = relays_.begin() + static_cast<std::ptrdiff_t>(turn.relay());
  return std::none_of(relays_.begin(), preferred,
                      [now](const Relay& other) { return may_be_used(other, now); });
}

void RelayPool::keep_letters_apart(std::size_t relay) {
  const std::lock_guard lock(mutex_);
  relays_[relay].letters_apart = true;
}

void RelayPool::close(std::size_t relay) {
  {
    const std::lock_guard lock(mutex_);
    const bool apart = relays_[relay].letters_apart;
    relays_[relay] = Relay{.letters_apart = apart};
  }
  log_.info("mail relay works again",
            {{"host", options_[relay].host}, {"port", options_[relay].port}});
}

void RelayPool::open(const RelayTurn& turn, const std::string& reason, Time now) {
  {
    const std::lock_guard lock(mutex_);
    Relay& relay = relays_[turn.relay()];
    if (relay.breaker != Breaker::kClosed && !turn.is_probe()) return;
    relay.breaker = Breaker::kOpen;
    relay.until = now + hold_after(++relay.faults);
    relay.reason = reason;
    last_fault_ = reason;
  }
  // A probe that fails changes nothing that people would want to hear of again.
  if (turn.is_probe()) return;
  const SmtpOptions& options = options_[turn.relay()];
  log_.warn("mail relay held back",
            {{"host", options.host}, {"port", options.port}, {"reason", reason}});
}

void RelayPool::give_back(std::size_t relay) {
  const std::lock_guard lock(mutex_);
  relays_[relay].breaker = Breaker::kOpen;
}

std::chrono::milliseconds RelayPool::hold_after(int faults) {
  auto hold = std::min(hold_.min, hold_.max);
  for (int i = 1; i < faults && hold > hold.zero() && hold < hold_.max; ++i)
    hold = std::min(hold * 2, hold_.max);
  constexpr int kJitter = limits::kSmtpHoldJitterPercent;
  return hold * std::uniform_int_distribution(100 - kJitter, 100 + kJitter)(random_) / 100;
}

RelayPool::Time RelayPool::ready_at(Time now) {
  const std::lock_guard lock(mutex_);
  Time earliest = Time::max();
  for (const Relay& relay : relays_) {
    if (relay.breaker == Breaker::kClosed) return Time::min();
    // Somebody is finding out right now.
    const bool probed = relay.breaker == Breaker::kProbed;
    earliest = std::min(earliest, probed ? now + limits::kSmtpProbeWait : relay.until);
  }
  return earliest;
}

std::string RelayPool::last_fault() {
  const std::lock_guard lock(mutex_);
  return last_fault_;
}

std::vector<RelayState> RelayPool::states() {
  const std::lock_guard lock(mutex_);
  std::vector<RelayState> states;
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    const bool held_back = relays_[i].breaker != Breaker::kClosed;
    states.push_back({options_[i].host, options_[i].port, held_back, relays_[i].reason});
  }
  return states;
}

}  // namespace postern
