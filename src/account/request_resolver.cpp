#include "account/request_resolver.hpp"

#include <pthread.h>

#include <utility>

#include "account/recover_password.hpp"
#include "account/register.hpp"
#include "base/crash_point.hpp"

namespace postern {
namespace {

MailDecision decision_for(RequestAction action) {
  return action == RequestAction::kRegister ? registration() : recovery();
}

AcceptedRequest accept(RequestAction action, MailRequest request, TimePoint now) {
  return {{}, true, action, std::move(request), now, now + limits::kRequestLease};
}

}  // namespace

RequestResolver::RequestResolver(AccountServices& services, Logger& log,
                                 RequestResolverOptions options)
    : services_(services), log_(log), delay_(options.delay) {
  adopt(options.alone);
  thread_ = std::thread([this] { loop(); });
  pthread_setname_np(thread_.native_handle(), "resolver");
}

RequestResolver::~RequestResolver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void RequestResolver::submit(RequestAction action, MailRequest request,
                             std::function<void(Status)> done) {
  if (services_.outbox_full && services_.outbox_full()) {
    return done(Error{"overloaded", Retry::kLater, "the outbox is full (OUTBOX_LIMIT)"});
  }
  if (unresolved_ >= limits::kPendingRequests) {
    return done(Error{"overloaded", Retry::kLater, "too many requests wait to be resolved"});
  }
  ++unresolved_;
  Acceptance acceptance{accept(action, std::move(request), services_.clock.now()), {}};
  acceptance.accepted = [this, done = std::move(done)](const Status& status, AcceptedRequest row) {
    if (status) {
      crash_point("resolver.after_acceptance");
      put(std::move(row));
    } else {
      forget_one();
    }
    done(status);
  };
  services_.writer.submit(std::move(acceptance));
}

void RequestResolver::drain() {
  std::unique_lock lock(mutex_);
  resolved_.wait(lock, [&] { return unresolved_ == 0; });
}

void RequestResolver::put(AcceptedRequest request) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const auto due = SteadyClock::now() + delay_;
    if (waiting_.empty()) due_ = std::max(due_, due);
    waiting_.push_back(std::move(request));
    wake = waiting_.size() == 1 || waiting_.size() == limits::kResolveBatch;
  }
  if (wake) wake_.notify_one();
}

void RequestResolver::forget_one() {
  const std::lock_guard lock(mutex_);
  if (--unresolved_ > 0) return;
  resolved_.notify_all();
  if (stopping_) wake_.notify_one();
}

void RequestResolver::loop() {
  std::vector<AcceptedRequest> batch;
  while (wait(batch)) {
    if (!batch.empty()) resolve(batch);
    if (SteadyClock::now() >= next_adoption_) adopt(false);
  }
}

bool RequestResolver::wait(std::vector<AcceptedRequest>& batch) {
  std::unique_lock lock(mutex_);
  const auto at_end = [&] { return stopping_ && unresolved_ == 0; };
  wake_.wait_until(lock, next_adoption_, [&] { return at_end() || !waiting_.empty(); });
  if (waiting_.empty()) return !at_end();
  wake_.wait_until(lock, due_,
                   [&] { return stopping_ || waiting_.size() >= limits::kResolveBatch; });
  batch.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  return true;
}

void RequestResolver::resolve(std::vector<AcceptedRequest>& batch) {
  crash_point("resolver.before_resolving");
  const TimePoint now = services_.clock.now();
  std::vector<Operation> operations;
  operations.reserve(batch.size());
  for (auto& request : batch) {
    // A process that stood still for longer than its lease: another one may have it.
    if (request.leased_until <= now) {
      forget_one();
    } else {
      operations.push_back(resolution(std::move(request)));
    }
  }
  batch.clear();
  services_.writer.submit(std::move(operations));
}

Operation RequestResolver::resolution(AcceptedRequest accepted) {
  MailDecision decision = decision_for(accepted.action);
  decision.resolves = accepted.place;
  auto request = std::exchange(accepted.request, {});
  return mail_operation(
      services_, std::move(request), std::move(decision),
      [this, accepted = std::move(accepted)](const Status& status, MailRequest again) mutable {
        accepted.request = std::move(again);
        finish(status, std::move(accepted));
      });
}

void RequestResolver::finish(const Status& status, AcceptedRequest request) {
  if (status) return forget_one();
  bool again = false;
  if (status.error().retry == Retry::kLater) {
    const std::lock_guard lock(mutex_);
    due_ = SteadyClock::now() + limits::kResolvePause;
    again = !stopping_;
  } else {
    log_.warn("an accepted request could not be resolved and is tried again later", status.error());
  }
  // Without another try here its row stays, until an app claims it after its lease.
  again ? put(std::move(request)) : forget_one();
}

void RequestResolver::adopt(bool leased_too) {
  std::string after;
  std::vector<AcceptedRequest> left;
  for (;;) {
    left.clear();
    const auto status = services_.writer.run([&](Store& store) -> Status {
      const TimePoint now = services_.clock.now();
      auto claimed = store.claim_requests(
          {limits::kAdoptedRows, now, now + limits::kRequestLease, leased_too, after});
      if (!claimed) return claimed.error();
      left = *std::move(claimed);
      return {};
    });
    // After a failed commit nothing is claimed.
    if (!status || left.empty()) break;
    log_.info("requests of an earlier process are resolved",
              {{"requests", static_cast<std::int64_t>(left.size())}});
    after = left.back().place.row;
    for (auto& request : left) {
      if (!request.readable) {
        log_.error("an accepted request cannot be read, and stays in mail_request",
                   {{"row", request.place.row}});
        continue;
      }
      ++unresolved_;
      put(std::move(request));
    }
  }
  next_adoption_ = SteadyClock::now() + limits::kRequestAdoption;
}

}  // namespace postern
