// One I/O thread: its event loop, its connections, and the clock over all of them.
//
// Thread contract: adopt(), drain() and run()'s effects belong to the loop's own thread; post() may
// be called from any thread. A private header: only this folder sees Asio.
// Every connection always has a deadline. One timer looks at all of them, since a timer for each
// operation would cost more than the operation.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>

#include "http/connection_caps.hpp"
#include "http/coroutine.hpp"
#include "http/dispatcher.hpp"
#include "http/exchange.hpp"
#include "http/request_ids.hpp"
#include "http/response_writer.hpp"

namespace postern::http {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// What the loop needs to know of a connection.
class OpenConnection {
 public:
  SteadyTime deadline() const { return deadline_; }
  /// Nothing of a complete request is under way: it may be closed without harm.
  bool waiting() const { return waiting_; }
  bool idle() const { return idle_; }
  SteadyTime waiting_since() const { return waiting_since_; }
  virtual void on_deadline() = 0;
  /// Ends it, whatever it is about; the connection may be gone when this returns.
  virtual void close() = 0;

 protected:
  ~OpenConnection() = default;
  SteadyTime deadline_ = SteadyTime::max();
  SteadyTime waiting_since_{};
  bool waiting_ = true;
  bool idle_ = true;
};

/// What all I/O threads share; outlives them.
struct ServerShared {
  const ServerTimeouts& timeouts;
  Logger& log;
  Dispatcher& dispatcher;
  ConnectionCaps& caps;
  /// Null without TLS.
  boost::asio::ssl::context* tls;
  /// Set before the threads are told to drain, so that no answer promises a next request.
  const std::atomic<bool>& stopping;
};

class IoThread {
 public:
  explicit IoThread(const ServerShared& shared);
  ~IoThread();

  boost::asio::io_context& context() { return context_; }
  /// Serves the loop until it is drained.
  void run() { context_.run(); }
  template <class Work>
  void post(Work work) {
    boost::asio::post(context_, std::move(work));
  }

  /// A newly accepted socket.
  void adopt(Socket socket);
  /// Idle connections close now, the others after their answer or when the time is up; then run()
  /// returns.
  void drain();
  bool draining() const { return shared_.stopping; }

  using Registration = std::list<OpenConnection*>::iterator;
  Registration enter(OpenConnection& connection);
  void leave(Registration registration);

  const ServerShared& shared() const { return shared_; }
  const std::shared_ptr<AnswerQueue>& answers() const { return answers_; }
  ResponseWriter& writer() { return writer_; }
  RequestIds& ids() { return ids_; }

 private:
  void schedule_sweep();
  void sweep();
  bool close_longest_waiting();
  void finish_when_drained();

  const ServerShared& shared_;
  const std::chrono::milliseconds sweep_period_;
  ResponseWriter writer_;
  RequestIds ids_;
  std::list<OpenConnection*> open_;
  bool draining_ = false;
  SteadyTime drain_deadline_ = SteadyTime::max();
  bool sweeping_ = false;
  // Connections live in the loop's coroutines: it goes first, while the list is still there.
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<Executor> work_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, Executor>
      sweep_timer_;
  // Shared with the exchanges: an answer may come after the server is gone.
  std::shared_ptr<AnswerQueue> answers_;
};

/// Starts the coroutine that serves the socket until it is closed; in connection.cpp.
void start_connection(IoThread& thread, Socket socket, const IpAddress& peer);

}  // namespace postern::http
