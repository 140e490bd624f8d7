#include "http/exchange.hpp"

#include <utility>

#include "http/refusal.hpp"

namespace postern {

/// The function object inside a Respond: counts its copies, so that the last one can speak up.
class Responder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {
    ++exchange_->responders_;
  }
  Responder(const Responder& other) : Responder(other.exchange_) {}
  Responder(Responder&& other) noexcept : exchange_(std::move(other.exchange_)) {}
  Responder& operator=(const Responder&) = delete;
  ~Responder() {
    if (!exchange_ || --exchange_->responders_ > 0) return;
    if (!exchange_->called_) {
      exchange_->respond(
          problem(refusal::kFailed.status, refusal::kFailed.code, refusal::kFailed.detail));
    }
  }

  void operator()(HttpResponse response) const { exchange_->respond(std::move(response)); }

 private:
  std::shared_ptr<Exchange> exchange_;
};

void ResponseQueue::push(std::shared_ptr<Exchange> exchange) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  answered_.push_back(std::move(exchange));
  if (answered_.size() == 1) wake_();
}

void ResponseQueue::deliver() {
  {
    const std::lock_guard lock(mutex_);
    delivering_.swap(answered_);
  }
  for (const auto& exchange : delivering_) {
    if (auto* waiter = std::exchange(exchange->waiter_, nullptr)) waiter->on_response();
  }
  delivering_.clear();
}

void ResponseQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  answered_.clear();
}

Respond Exchange::responder() { return Responder(shared_from_this()); }

void Exchange::respond(HttpResponse response) {
  if (called_.exchange(true)) return;
  response_ = std::move(response);
  if (state_.exchange(State::kAnswered) == State::kWaiting) queue_->push(shared_from_this());
}

bool Exchange::wait(ResponseWaiter& waiter) {
  waiter_ = &waiter;
  State expected = State::kOpen;
  if (state_.compare_exchange_strong(expected, State::kWaiting)) return true;
  waiter_ = nullptr;
  return false;
}

bool Exchange::abandon() {
  State expected = State::kWaiting;
  if (!state_.compare_exchange_strong(expected, State::kAbandoned)) return false;
  waiter_ = nullptr;
  return true;
}

}  // namespace postern
