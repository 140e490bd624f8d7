#include "mail_smtp/relay_pool.hpp"

#include <algorithm>
#include <utility>

namespace postern {

RelayTurn::RelayTurn(RelayTurn&& other) noexcept
    : pool_(other.pool_),
      relay_(other.relay_),
      trial_(std::exchange(other.trial_, false)),
      probe_(other.probe_) {}

RelayTurn::~RelayTurn() {
  if (trial_) pool_->give_back(*this);
}

void RelayTurn::sent() {
  pool_->note_sent(relay_);
  if (trial_) pool_->close(relay_);
  trial_ = false;
}

void RelayTurn::worked() {
  if (trial_) pool_->let_in(relay_);
  trial_ = false;
}

void RelayTurn::unchanged(std::chrono::steady_clock::time_point now) {
  if (trial_) pool_->hold_on(relay_, now);
  trial_ = false;
}

void RelayTurn::failed(const RelayFailure& failure, std::chrono::steady_clock::time_point now) {
  pool_->open(*this, failure, now);
  trial_ = false;
}

RelayPool::RelayPool(std::vector<SmtpOptions> relays, Logger& log, RelayHold hold)
    : options_(std::move(relays)),
      log_(log),
      hold_(hold),
      relays_(options_.size()),
      sessions_(options_.size()) {}

bool RelayPool::may_be_used(const Relay& relay, Time now) const {
  switch (relay.breaker) {
    case Breaker::kClosed:
      return relay.pace.count() == 0 || relay.next_start <= now;
    case Breaker::kOpen:
      return !is_probed_ && relay.until <= now;
    case Breaker::kHalfOpen:
      return relay.until <= now;
    case Breaker::kProbed:
      break;
  }
  return false;
}

std::optional<RelayTurn> RelayPool::pick(Time now, std::size_t first) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = first; i < relays_.size(); ++i) {
    Relay& relay = relays_[i];
    if (!may_be_used(relay, now)) continue;
    relay.next_start = now + relay.pace;
    const bool trial = relay.breaker != Breaker::kClosed;
    if (trial) {
      relay.breaker = Breaker::kHalfOpen;
      relay.until = now + limits::kSmtpTrialWait;
    }
    return RelayTurn(*this, i, trial, false);
  }
  return std::nullopt;
}

bool RelayPool::may_announce(const RelayTurn& turn, Time now) {
  const std::lock_guard lock(mutex_);
  const Relay& relay = relays_[turn.relay()];
  if (relay.mails_apart || relay.pace.count() > 0 || relay.breaker != Breaker::kClosed)
    return false;
  const auto preferred = relays_.begin() + static_cast<std::ptrdiff_t>(turn.relay());
  return std::none_of(relays_.begin(), preferred,
                      [&](const Relay& other) { return may_be_used(other, now); });
}

void RelayPool::keep_mails_apart(std::size_t relay) {
  const std::lock_guard lock(mutex_);
  relays_[relay].mails_apart = true;
}

bool RelayPool::cut_off(std::size_t relay, const std::string& job) {
  const std::lock_guard lock(mutex_);
  const std::string before = std::exchange(relays_[relay].cut_off_job, job);
  return !before.empty() && before != job;
}

void RelayPool::answered(std::size_t relay) {
  const std::lock_guard lock(mutex_);
  relays_[relay].cut_off_job.clear();
}

bool RelayPool::has_blamed_us(std::size_t relay, const std::string& job) {
  const std::lock_guard lock(mutex_);
  return blames_.contains(std::to_string(relay) + " " + job);
}

void RelayPool::note_blame(std::size_t relay, const std::string& job) {
  const std::lock_guard lock(mutex_);
  std::string blame = std::to_string(relay) + " " + job;
  if (!blames_.insert(blame).second) return;
  blames_order_.push_back(std::move(blame));
  if (blames_order_.size() <= limits::kSmtpBlamingJobs) return;
  blames_.erase(blames_order_.front());
  blames_order_.pop_front();
}

void RelayPool::note_sent(std::size_t index) {
  const std::lock_guard lock(mutex_);
  Relay& relay = relays_[index];
  relay.cut_off_job.clear();
  relay.pace -= relay.pace / 8;
  if (relay.pace < limits::kSmtpPaceNone) relay.pace = relay.pace.zero();
}

void RelayPool::close(std::size_t index) {
  {
    const std::lock_guard lock(mutex_);
    Relay& relay = relays_[index];
    if (relay.breaker == Breaker::kClosed) return;
    relay =
        Relay{.mails_apart = relay.mails_apart, .pace = relay.pace, .next_start = relay.next_start};
  }
  log_.info("mail relay works again",
            {{"host", options_[index].host}, {"port", options_[index].port}});
}

void RelayPool::let_in(std::size_t index) {
  {
    const std::lock_guard lock(mutex_);
    Relay& relay = relays_[index];
    if (!probe_proves(relay.fault)) {
      relay.breaker = Breaker::kHalfOpen;
      relay.until = Time::min();
      return;
    }
  }
  close(index);
}

void RelayPool::hold_on(std::size_t index, Time now) {
  const std::lock_guard lock(mutex_);
  Relay& relay = relays_[index];
  if (relay.breaker == Breaker::kHalfOpen) relay.until = now + hold_after(relay, now);
}

void RelayPool::open(const RelayTurn& turn, const RelayFailure& failure, Time now) {
  bool is_news = false;
  {
    const std::lock_guard lock(mutex_);
    Relay& relay = relays_[turn.relay()];
    if (relay.breaker != Breaker::kClosed && !turn.is_trial()) return;
    if (failure.fault == RelayFault::kRate) {
      relay.pace = std::clamp<std::chrono::milliseconds>(relay.pace * 2, limits::kSmtpPaceMin,
                                                         limits::kSmtpPaceMax);
    }
    is_news = relay.breaker == Breaker::kClosed || relay.fault != failure.fault;
    if (is_news) {
      relay.since = now;
      relay.failures = 0;
    }
    // The same job again is no further evidence.
    if (is_news || failure.job.empty() || failure.job != relay.job) ++relay.failures;
    relay.breaker = Breaker::kOpen;
    relay.fault = failure.fault;
    relay.job = failure.job;
    relay.reason = failure.reason;
    relay.until = now + hold_after(relay, now);
    last_fault_ = failure.reason;
  }
  probe_due_.notify_all();
  // A probe that fails for the same reason changes nothing that people want to hear of again.
  if (is_news) log_held_back(turn.relay(), failure);
}

void RelayPool::log_held_back(std::size_t relay, const RelayFailure& failure) {
  const SmtpOptions& options = options_[relay];
  log_.warn("mail relay held back", {{"host", options.host},
                                     {"port", options.port},
                                     {"reason", failure.reason},
                                     {"advice", advice(failure.fault, options)}});
}

void RelayPool::give_back(const RelayTurn& turn) {
  {
    const std::lock_guard lock(mutex_);
    Relay& relay = relays_[turn.relay()];
    if (relay.breaker != (turn.probe_ ? Breaker::kProbed : Breaker::kHalfOpen)) return;
    if (turn.probe_) relay.breaker = Breaker::kOpen;
    relay.until = Time::min();
  }
  probe_due_.notify_all();
}

std::chrono::milliseconds RelayPool::hold_after(const Relay& relay, Time now) {
  const auto outage = std::chrono::duration_cast<std::chrono::milliseconds>(now - relay.since);
  // A pool that is given shorter times scales all of them down with the first.
  const auto usual = hold_time(relay.fault, relay.failures, outage);
  const auto hold =
      std::min(usual * hold_.min.count() / std::chrono::milliseconds(limits::kSmtpHoldMin).count(),
               hold_.max);
  constexpr int kJitter = limits::kSmtpHoldJitterPercent;
  return hold * std::uniform_int_distribution(100 - kJitter, 100 + kJitter)(random_) / 100;
}

RelayPool::Time RelayPool::ready_at(Time now) {
  const std::lock_guard lock(mutex_);
  Time earliest = Time::max();
  for (const Relay& relay : relays_) {
    if (may_be_used(relay, now)) return Time::min();
    if (relay.breaker == Breaker::kClosed) {
      earliest = std::min(earliest, relay.next_start);
    } else if (relay.breaker == Breaker::kProbed ||
               (is_probed_ && relay.breaker == Breaker::kOpen)) {
      // Another thread is finding out.
      earliest = std::min(earliest, std::max(relay.until, now + limits::kSmtpProbeWait));
    } else {
      earliest = std::min(earliest, relay.until);
    }
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
    states.push_back({options_[i].host, options_[i].port, held_back, relays_[i].reason,
                      advice(relays_[i].fault, options_[i])});
  }
  return states;
}

void RelayPool::set_probed(bool probed) {
  const std::lock_guard lock(mutex_);
  is_probed_ = probed;
}

std::optional<RelayTurn> RelayPool::wait_for_probe(std::size_t index) {
  std::unique_lock lock(mutex_);
  Relay& relay = relays_[index];
  while (!probing_ended_) {
    if (relay.breaker != Breaker::kOpen) {
      probe_due_.wait(lock);
    } else if (relay.until <= std::chrono::steady_clock::now()) {
      relay.breaker = Breaker::kProbed;
      return RelayTurn(*this, index, true, true);
    } else {
      probe_due_.wait_until(lock, relay.until);
    }
  }
  return std::nullopt;
}

void RelayPool::end_probing() {
  {
    const std::lock_guard lock(mutex_);
    probing_ended_ = true;
  }
  probe_due_.notify_all();
}

}  // namespace postern
