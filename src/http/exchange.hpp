// One request and its response, on their way between an I/O thread and its handler.
//
// Thread contract: respond() from any thread; everything else on the I/O thread of the connection.
// Copies of the Respond share ownership with the connection: the Request lives as long as either of
// them may look at it, also when the connection is gone before the response comes.
// Knows no sockets: a ResponseQueue wakes the I/O thread, a ResponseWaiter is what goes on there.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "crypto/secret.hpp"
#include "http/message.hpp"
#include "http/route_counts.hpp"

namespace postern {

class Exchange;

class ResponseWaiter {
 public:
  virtual void on_response() = 0;

 protected:
  ~ResponseWaiter() = default;
};

/// The responses that other threads have for the waiting connections of one I/O thread. They are
/// handed over together: one wake-up serves all that came before it is followed.
class ResponseQueue {
 public:
  /// `wake` makes the I/O thread call deliver() soon; called from any thread.
  explicit ResponseQueue(std::function<void()> wake) : wake_(std::move(wake)) {}

  void push(std::shared_ptr<Exchange> exchange);
  /// On the I/O thread.
  void deliver();
  /// After it returns `wake` is not called any more; later responses are dropped.
  void close();

 private:
  std::mutex mutex_;
  bool closed_ = false;
  std::function<void()> wake_;
  std::vector<std::shared_ptr<Exchange>> answered_;
  std::vector<std::shared_ptr<Exchange>> delivering_;
};

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  explicit Exchange(std::shared_ptr<ResponseQueue> queue) : queue_(std::move(queue)) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() { wipe(request.body); }

  /// Its body may hold a password, and is wiped in the end.
  HttpRequest request;
  /// Where the response is to be counted; nullptr when no route was asked.
  RouteCounts* counts = nullptr;

  /// The argument of a handler. When its last copy goes without having been called, the response is
  /// 500.
  Respond responder();

  /// The first response counts, later ones are dropped.
  void respond(HttpResponse response);

  /// False when the response is already there; else waiter.on_response() follows, unless abandoned.
  bool wait(ResponseWaiter& waiter);
  /// Gives up waiting; false when the response is already on its way.
  bool abandon();
  /// The waiter is gone.
  void detach() { waiter_ = nullptr; }
  /// The response, after wait() was false or on_response() was called.
  HttpResponse take() { return std::move(response_); }

 private:
  friend class ResponseQueue;
  friend class Responder;
  enum class State { kOpen, kWaiting, kAnswered, kAbandoned };

  std::shared_ptr<ResponseQueue> queue_;
  HttpResponse response_;
  ResponseWaiter* waiter_ = nullptr;
  std::atomic<State> state_ = State::kOpen;
  std::atomic<bool> called_ = false;
  std::atomic<int> responders_ = 0;
};

}  // namespace postern
