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
#include <vector>

#include "http/connection_caps.hpp"
#include "http/coroutine.hpp"
#include "http/exchange.hpp"
#include "http/request_handler.hpp"
#include "http/request_ids.hpp"
#include "http/response_writer.hpp"

namespace postern {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Whom a connection waits for. All but our own response may be cut off to make room.
enum class WaitingFor {
  /// The next request, after at least one was answered.
  kNextRequest,
  /// The rest of a request, or its first byte.
  kRequest,
  /// A client that does not read its response.
  kReader,
  /// Our response to a complete request; or the connection is closed already.
  kResponse,
};

/// The state of a connection that the loop needs.
class OpenConnection {
 public:
  SteadyTime deadline() const { return deadline_; }
  WaitingFor waiting_for() const { return waiting_for_; }
  SteadyTime waiting_since() const { return waiting_since_; }
  const ConnectionCaps::Client& client() const { return *client_; }
  /// No byte of a request is here.
  bool idle() const { return idle_; }
  virtual void on_deadline() = 0;
  /// Ends it in any state; the connection may be gone when this returns.
  virtual void close() = 0;

 protected:
  explicit OpenConnection(ConnectionCaps::Client& client) : client_(&client) {}
  ~OpenConnection() = default;
  SteadyTime deadline_ = SteadyTime::max();
  SteadyTime waiting_since_{};
  WaitingFor waiting_for_ = WaitingFor::kRequest;
  bool idle_ = true;
  /// Null once it is closed: it is counted no longer.
  ConnectionCaps::Client* client_;
};

/// The state that all I/O threads share; outlives them.
struct ServerShared {
  const ServerTimeouts& timeouts;
  Logger& log;
  RequestHandler& handler;
  ConnectionCaps& caps;
  /// Null without TLS.
  boost::asio::ssl::context* tls;
  /// Set before the threads drain, so that no response promises a next request.
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
  /// Closes connections that wait for their clients; false when there are none. Those that were
  /// kept alive without a request for a while go first, then those of the largest client, and of
  /// one client the longest waiting.
  bool evict();
  /// Idle connections close now, the others after their response or in time; then run() returns.
  void drain();
  bool draining() const { return shared_.stopping; }

  using Registration = std::list<OpenConnection*>::iterator;
  Registration enter(OpenConnection& connection);
  void leave(Registration registration);

  const ServerShared& shared() const { return shared_; }
  const std::shared_ptr<ResponseQueue>& responses() const { return responses_; }
  ResponseWriter& writer() { return writer_; }
  RequestIds& ids() { return ids_; }

 private:
  void schedule_sweep();
  void sweep();
  bool has_room(ConnectionCaps::Client& client);
  bool evict_own(ConnectionCaps::Client& client);
  bool close_first(std::size_t count);
  void finish_when_drained();

  const ServerShared& shared_;
  const std::chrono::milliseconds sweep_period_;
  ResponseWriter writer_;
  RequestIds ids_;
  std::list<OpenConnection*> open_;
  struct Candidate {
    OpenConnection* connection;
    bool long_idle;
    std::size_t client_connections;
  };
  /// Kept for its memory.
  std::vector<Candidate> candidates_;
  bool draining_ = false;
  SteadyTime drain_deadline_ = SteadyTime::max();
  bool sweeping_ = false;
  // Connections live in the loop's coroutines: it goes first, while the list is still there.
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<Executor> work_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, Executor>
      sweep_timer_;
  // Shared with the exchanges: a response may come after the server is gone.
  std::shared_ptr<ResponseQueue> responses_;
};

/// Starts the coroutine that serves the socket until it is closed; in connection.cpp.
void start_connection(IoThread& thread, Socket socket, const IpAddress& peer,
                      ConnectionCaps::Client& client);

}  // namespace postern
