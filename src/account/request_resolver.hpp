// Accepts requests for emails, and resolves them afterwards.
//
//   submit ─► [ the request, in the row of its transaction · commit ] ─► done (202)
//                    │ kept in memory, and in the row should the process end
//                    ▼ some milliseconds later, together with what else was accepted
//             [ account + outbox + audit rows · the request removed from its row ]
//
// Nothing that a response waits for reads an account, so that its time tells nothing about one
// (REQUIREMENTS E2). The pause separates the two: a client that asks again immediately would
// otherwise wait for what its last request caused.
//
// Every accepted request is in memory under a lease, or in its row alone; one whose lease ends (its
// process was killed, or its database was away) is claimed by any app. A lease that is exceeded
// repeats an email at most.
// Thread contract: all members may be called from any thread. The destructor resolves what waits.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "account/mail_request.hpp"
#include "base/request_limits.hpp"
#include "model/accepted_request.hpp"

namespace postern {

struct RequestResolverOptions {
  /// Between the first acceptance and the resolution of all that were accepted until then.
  Duration delay = limits::kResolveDelay;
  /// No other process uses the database: what an earlier one left is taken over immediately.
  bool alone = false;
};

class RequestResolver {
 public:
  /// The references outlive the resolver.
  RequestResolver(AccountServices& services, Logger& log, RequestResolverOptions options = {});
  ~RequestResolver();
  RequestResolver(const RequestResolver&) = delete;
  RequestResolver& operator=(const RequestResolver&) = delete;

  /// `done` is called once the request is durable. Errors: overloaded, store_unavailable.
  void submit(RequestAction action, MailRequest request, std::function<void(Status)> done);

  /// Requests that were accepted and are not resolved yet.
  std::size_t unresolved() const { return unresolved_; }
  /// Waits until none is; not while the database is away.
  void drain();

 private:
  using SteadyClock = std::chrono::steady_clock;

  void loop();
  /// Waits for requests or for the next adoption; false at the end.
  bool wait(std::vector<AcceptedRequest>& batch);
  /// Claims what other processes have left; `leased_too`: before this one accepts anything.
  void adopt(bool leased_too);
  void resolve(std::vector<AcceptedRequest>& batch);
  Operation resolution(AcceptedRequest accepted);
  void finish(const Status& status, AcceptedRequest request);
  void put(AcceptedRequest request);
  void forget_one();

  AccountServices& services_;
  Logger& log_;
  const Duration delay_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable resolved_;
  std::deque<AcceptedRequest> waiting_;
  /// When what waits is resolved.
  SteadyClock::time_point due_ = {};
  SteadyClock::time_point next_adoption_ = {};
  bool stopping_ = false;
  /// In the writer for acceptance, waiting here, or in the writer for resolution.
  std::atomic<std::size_t> unresolved_ = 0;
  std::thread thread_;
};

}  // namespace postern
