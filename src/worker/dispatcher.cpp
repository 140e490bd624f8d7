#include "worker/dispatcher.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace postern {

std::string Dispatcher::domain_of(const PendingMail& pending) {
  return pending.job.email.substr(pending.job.email.rfind('@') + 1);
}

bool Dispatcher::may_begin(const PendingMail& pending, SteadyTime now) const {
  const auto found = domains_.find(domain_of(pending));
  if (found == domains_.end()) return true;
  const auto& domain = found->second;
  if (domain.begun.size() < std::max<std::size_t>((senders_ + further_) / 2, 1)) return true;
  const bool stuck = std::any_of(domain.begun.begin(), domain.begun.end(), [&](const auto& begun) {
    return begun.second < now - limits::kSlowMail;
  });
  return !stuck && domain.slow_until <= now;
}

void Dispatcher::forget_quick_domains(SteadyTime now) {
  std::erase_if(domains_, [&](const auto& entry) {
    return entry.second.begun.empty() && entry.second.slow_until <= now;
  });
}

std::size_t Dispatcher::size_wanted(SteadyTime now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  if (second != second_) {
    last_second_ = second == second_ + std::chrono::seconds(1) ? this_second_ : 0;
    this_second_ = 0;
    second_ = second;
  }
  return std::clamp(last_second_ + this_second_, 2 * senders_,
                    std::max(limits::kMailsInFlight, 2 * senders_));
}

TakeRoom Dispatcher::room(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const auto taken = waiting_.size() + in_flight_ + finished_.size();
  const auto wanted = size_wanted(now);
  const auto most = wanted + senders_;
  const auto any = taken < wanted ? wanted - taken : 0;
  return {any, taken < most ? most - taken - any : 0};
}

void Dispatcher::put(PendingMail pending) {
  {
    const std::lock_guard lock(mutex_);
    const auto place = std::upper_bound(
        waiting_.begin(), waiting_.end(), pending.priority,
        [](MailPriority priority, const auto& other) { return priority < other.priority; });
    waiting_.insert(place, std::move(pending));
  }
  work_.notify_one();
}

bool Dispatcher::collectable() const {
  return closed_ || finished_.size() >= enough_ || waiting_.size() + in_flight_ == 0;
}

std::vector<Settled> Dispatcher::collect(std::size_t enough, SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  enough_ = enough;
  outcome_.wait_until(lock, deadline, [&] { return collectable(); });
  return std::exchange(finished_, {});
}

std::vector<PendingMail> Dispatcher::held_up(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const bool full = waiting_.size() + in_flight_ >= size_wanted(now);
  std::vector<PendingMail> held;
  std::erase_if(waiting_, [&](PendingMail& pending) {
    const bool late = now - pending.taken_at > limits::kMailWaits;
    if (!late && !(full && !may_begin(pending, now))) return false;
    held.push_back(std::move(pending));
    return true;
  });
  return held;
}

std::vector<PendingMail> Dispatcher::take_waiting() {
  const std::lock_guard lock(mutex_);
  std::vector<PendingMail> mails(std::make_move_iterator(waiting_.begin()),
                                 std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  return mails;
}

bool Dispatcher::begin_take() {
  const std::lock_guard lock(mutex_);
  taking_ = finished_.empty();
  return taking_;
}

void Dispatcher::end_take() {
  const std::lock_guard lock(mutex_);
  taking_ = false;
}

bool Dispatcher::wait(SteadyTime now, SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  const auto some_may_begin = [&] {
    return std::any_of(waiting_.begin(), waiting_.end(),
                       [&](const auto& pending) { return may_begin(pending, now); });
  };
  return work_.wait_until(lock, deadline, [&] { return closed_ || some_may_begin(); }) && !closed_;
}

std::deque<PendingMail>::iterator Dispatcher::find_next(SteadyTime now) {
  const auto free = [&](const auto& pending) { return may_begin(pending, now); };
  // One of sixteen is bulk, so that it moves on however much is more urgent.
  if (++begun_ % limits::kBulkTurn == 0) {
    const auto bulk = std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& pending) {
      return pending.priority == MailPriority::kBulk && free(pending);
    });
    if (bulk != waiting_.end()) return bulk;
  }
  return std::find_if(waiting_.begin(), waiting_.end(), free);
}

std::optional<PendingMail> Dispatcher::next(SteadyTime now, bool in_turn) {
  const std::lock_guard lock(mutex_);
  if (closed_) return std::nullopt;
  const auto found = find_next(now);
  if (found == waiting_.end()) return std::nullopt;
  PendingMail pending = std::move(*found);
  waiting_.erase(found);
  domains_[domain_of(pending)].begun.emplace(pending.tag, in_turn ? now : SteadyTime::max());
  ++in_flight_;
  return pending;
}

void Dispatcher::turn(const PendingMail& pending, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const auto domain = domains_.find(domain_of(pending));
  if (domain != domains_.end()) domain->second.begun[pending.tag] = now;
}

bool Dispatcher::may_serve(std::size_t place, SteadyTime now) {
  if (place < senders_) return true;
  const std::lock_guard lock(mutex_);
  std::size_t slow = 0;
  for (const auto& [name, domain] : domains_) {
    for (const auto& [tag, begun] : domain.begun) slow += begun < now - limits::kSlowSender ? 1 : 0;
  }
  return place < senders_ + slow;
}

void Dispatcher::end_flight(const PendingMail& pending, SteadyTime now) {
  const auto found = domains_.find(domain_of(pending));
  if (found != domains_.end()) {
    auto& domain = found->second;
    const auto begun = domain.begun.extract(pending.tag);
    if (!begun.empty() && begun.mapped() < now - limits::kSlowMail) {
      domain.slow_until = now + limits::kSlowDomain;
    }
    if (domain.begun.empty() && domain.slow_until <= now) domains_.erase(found);
    if (domains_.size() > limits::kSlowDomains) forget_quick_domains(now);
  }
  --in_flight_;
}

void Dispatcher::give_back(PendingMail pending, SteadyTime now) {
  {
    const std::lock_guard lock(mutex_);
    end_flight(pending, now);
    const auto place = std::lower_bound(
        waiting_.begin(), waiting_.end(), pending.priority,
        [](const auto& other, MailPriority priority) { return other.priority < priority; });
    waiting_.insert(place, std::move(pending));
  }
  work_.notify_one();
}

bool Dispatcher::finish(const PendingMail& pending, Settled settled, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  end_flight(pending, now);
  size_wanted(now);
  ++this_second_;
  // Another email of its domain may be begun now.
  if (!waiting_.empty()) work_.notify_one();
  return add_finished(std::move(settled));
}

bool Dispatcher::refuse(Settled settled) {
  const std::lock_guard lock(mutex_);
  return add_finished(std::move(settled));
}

bool Dispatcher::add_finished(Settled settled) {
  finished_.push_back(std::move(settled));
  // Not for every email: the queue thread would wake only to wait on.
  if (collectable()) outcome_.notify_one();
  return std::exchange(taking_, false);
}

void Dispatcher::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  work_.notify_all();
  outcome_.notify_all();
}

}  // namespace postern
