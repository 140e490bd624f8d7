// One connection, from its first byte to its last: read a request, have it answered, write, again.
//
// Runs in one coroutine on one I/O thread. It always has a deadline, and what happens at it depends
// on the phase: a request that does not arrive is answered 408, a response that does not come 503;
// in the other phases the connection just ends. Bodies and responses that are on their way have a
// minimum rate instead of a fixed time.
#include <array>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <exception>
#include <type_traits>

#include "base/connection_limits.hpp"
#include "base/limits.hpp"
#include "http/coroutine.hpp"
#include "http/io_thread.hpp"
#include "http/request_reader.hpp"

namespace postern {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
/// An output buffer that grew beyond this is given back after the response.
constexpr std::size_t kKeptOutputBytes = 16 * 1024;

using TlsStream = asio::ssl::stream<Socket>;

template <class Stream>
class HttpConnection final : public OpenConnection, public ResponseWaiter {
 public:
  HttpConnection(IoThread& thread, Stream stream, const IpAddress& peer,
                 ConnectionCaps::Client& client);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  Awaitable<void> serve();

  void on_deadline() override;
  void close() override;
  void on_response() override;

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;
  enum class Phase { kOpening, kIdle, kHead, kBody, kResponse, kWrite, kLinger };
  enum class Input { kComplete, kRefused, kClosed };

  Awaitable<bool> shake_hands();
  Awaitable<Input> read_request();
  Awaitable<bool> read_some();
  Awaitable<void> answered();
  Awaitable<bool> write_rest();
  std::array<asio::const_buffer, 2> unwritten() const;
  Awaitable<void> linger();
  bool write_now();
  void give_up_response();
  void begin_request();
  void follow_reader();
  void compose(const HttpResponse& response, bool close);
  void enter(Phase phase, std::chrono::milliseconds timeout);
  WaitingFor waiting_in(Phase phase) const;
  void earn_time(std::size_t bytes, std::size_t bytes_per_second, std::chrono::milliseconds most);
  void leave_caps();
  /// What was read or written just before may be reported after it: nothing follows.
  bool closed() const { return client_ == nullptr; }
  Socket& socket();

  IoThread& thread_;
  const ServerShared& shared_;
  Stream stream_;
  const IpAddress peer_;
  const IoThread::Registration registration_;
  Phase phase_ = Phase::kOpening;
  bool timed_out_ = false;
  bool answered_before_ = false;
  SteadyTime request_deadline_ = SteadyTime::max();
  RequestReader reader_;
  std::shared_ptr<Exchange> exchange_;
  std::optional<asio::any_completion_handler<void()>> resume_;
  std::string output_;
  /// Follows output_: the body of a response that is the same for all clients.
  std::string_view static_output_;
  std::size_t written_ = 0;
  std::size_t received_ = 0;
  int requests_this_turn_ = 0;
};

template <class Stream>
HttpConnection<Stream>::HttpConnection(IoThread& thread, Stream stream, const IpAddress& peer,
                                       ConnectionCaps::Client& client)
    : OpenConnection(client),
      thread_(thread),
      shared_(thread.shared()),
      stream_(std::move(stream)),
      peer_(peer),
      registration_(thread.enter(*this)) {
  enter(Phase::kOpening, shared_.timeouts.header);
}

template <class Stream>
HttpConnection<Stream>::~HttpConnection() {
  if (exchange_) exchange_->detach();
  leave_caps();
  thread_.leave(registration_);
}

/// As soon as the socket is closed: the coroutine may end a little later.
template <class Stream>
void HttpConnection<Stream>::leave_caps() {
  waiting_for_ = WaitingFor::kResponse;
  if (client_) shared_.caps.leave(*client_);
  client_ = nullptr;
}

template <class Stream>
Socket& HttpConnection<Stream>::socket() {
  if constexpr (kTls) {
    return stream_.next_layer();
  } else {
    return stream_;
  }
}

template <class Stream>
void HttpConnection<Stream>::enter(Phase phase, std::chrono::milliseconds timeout) {
  phase_ = phase;
  timed_out_ = false;
  idle_ = phase == Phase::kOpening || phase == Phase::kIdle;
  const SteadyTime now = steady_clock::now();
  deadline_ = now + timeout;
  if (client_) waiting_for_ = waiting_in(phase);
  // A body does not make its request younger.
  if (phase != Phase::kBody) waiting_since_ = now;
}

template <class Stream>
WaitingFor HttpConnection<Stream>::waiting_in(Phase phase) const {
  if (phase == Phase::kResponse) return WaitingFor::kResponse;
  if (phase == Phase::kWrite || phase == Phase::kLinger) return WaitingFor::kReader;
  const bool kept_alive = phase == Phase::kIdle && answered_before_;
  return kept_alive ? WaitingFor::kNextRequest : WaitingFor::kRequest;
}

template <class Stream>
void HttpConnection<Stream>::on_deadline() {
  deadline_ = SteadyTime::max();
  boost::system::error_code ignored;
  switch (phase_) {
    case Phase::kHead:
    case Phase::kBody:
      timed_out_ = true;
      socket().cancel(ignored);
      return;
    case Phase::kResponse:
      return give_up_response();
    case Phase::kOpening:
    case Phase::kIdle:
    case Phase::kWrite:
    case Phase::kLinger:
      return close();
  }
}

template <class Stream>
void HttpConnection<Stream>::close() {
  deadline_ = SteadyTime::max();
  idle_ = false;
  leave_caps();
  boost::system::error_code ignored;
  socket().close(ignored);
  if (phase_ == Phase::kResponse) give_up_response();
}

template <class Stream>
void HttpConnection<Stream>::give_up_response() {
  // A response that is on its way already will wake the connection by itself.
  timed_out_ = exchange_->abandon();
  if (timed_out_) on_response();
}

template <class Stream>
void HttpConnection<Stream>::on_response() {
  auto resume = std::move(*resume_);
  resume_.reset();
  std::move(resume)();
}

template <class Stream>
Awaitable<void> HttpConnection<Stream>::serve() {
  if (!co_await shake_hands()) co_return;
  for (bool last = false; !last;) {
    begin_request();
    const Input input = co_await read_request();
    if (input == Input::kClosed) co_return;

    thread_.ids().assign(exchange_->request, shared_.handler.is_trusted_proxy(peer_));
    const auto complete_at = steady_clock::now();
    HttpResponse response;
    if (input == Input::kRefused) {
      response = to_response(timed_out_ ? refusal::kTooSlow : reader_.refusal());
      last = true;
    } else {
      shared_.handler.dispatch(*exchange_, reader_.target(), peer_);
      if (exchange_->wait(*this)) co_await answered();
      response = timed_out_ ? to_response(refusal::kNoResponse) : exchange_->take();
      // Refused before a route was looked up: a target that a proxy may have read differently.
      const bool target_refused = exchange_->counts == nullptr && response.status == 400;
      last = !reader_.keep_alive() || exchange_->request.method == "CONNECT" || target_refused;
    }
    shared_.handler.count(*exchange_, response.status, steady_clock::now() - complete_at);
    last = last || thread_.draining();
    compose(response, last);
    answered_before_ = true;
    if (!write_now()) {
      response = HttpResponse();  // one copy is kept for a client that does not read
      exchange_.reset();
      if (!co_await write_rest()) co_return;
    }
    if (output_.capacity() > kKeptOutputBytes) output_ = {};
  }
  co_await linger();
}

template <class Stream>
Awaitable<bool> HttpConnection<Stream>::shake_hands() {
  if constexpr (kTls) {
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kTuple);
    co_return !error;
  }
  co_return true;
}

template <class Stream>
void HttpConnection<Stream>::begin_request() {
  exchange_ = std::make_shared<Exchange>(thread_.responses());
  reader_.begin(exchange_->request);
  enter(Phase::kIdle, answered_before_ ? shared_.timeouts.idle : shared_.timeouts.header);
}

template <class Stream>
Awaitable<typename HttpConnection<Stream>::Input> HttpConnection<Stream>::read_request() {
  if (++requests_this_turn_ > limits::kRequestsPerTurn) {
    // A client that sends without pause must let the others have their turn.
    requests_this_turn_ = 0;
    co_await asio::post(thread_.context(), kAwaitable);
  }
  for (;;) {
    const auto progress = reader_.advance();
    if (progress == RequestReader::Progress::kComplete) co_return Input::kComplete;
    if (progress == RequestReader::Progress::kRefused) co_return Input::kRefused;
    follow_reader();
    if (progress == RequestReader::Progress::kContinue) {
      output_ = kContinue;
      static_output_ = {};
      written_ = 0;
      if (!write_now() && !co_await write_rest()) co_return Input::kClosed;
      continue;
    }
    if (phase_ == Phase::kIdle && thread_.draining()) co_return Input::kClosed;
    requests_this_turn_ = 0;
    const auto space = reader_.space();
    const asio::mutable_buffer buffer(space.data(), space.size());
    const auto [error, bytes] = co_await stream_.async_read_some(buffer, kTuple);
    if (timed_out_) co_return Input::kRefused;
    if (error || closed()) co_return Input::kClosed;
    reader_.received(bytes);
  }
}

template <class Stream>
void HttpConnection<Stream>::follow_reader() {
  if (phase_ == Phase::kIdle && reader_.started()) {
    enter(Phase::kHead, std::min(shared_.timeouts.header, shared_.timeouts.request));
    request_deadline_ = waiting_since_ + shared_.timeouts.request;
  }
  if (!reader_.in_body()) return;
  const std::size_t before = phase_ == Phase::kBody ? received_ : 0;
  received_ = exchange_->request.body.size();
  if (phase_ != Phase::kBody) enter(Phase::kBody, shared_.timeouts.body);
  earn_time(received_ - before, limits::kMinReadBytesPerSecond, shared_.timeouts.body);
  deadline_ = std::min(deadline_, request_deadline_);
}

/// A token bucket: what arrives buys time by the least rate, up to the time that it began with.
template <class Stream>
void HttpConnection<Stream>::earn_time(std::size_t bytes, std::size_t bytes_per_second,
                                       std::chrono::milliseconds most) {
  const std::chrono::microseconds earned(bytes * 1'000'000 / bytes_per_second);
  deadline_ = std::min(deadline_ + earned, steady_clock::now() + most);
}

template <class Stream>
Awaitable<void> HttpConnection<Stream>::answered() {
  enter(Phase::kResponse, shared_.timeouts.response);
  auto keep = [this](auto handler) { resume_.emplace(std::move(handler)); };
  auto wait = asio::async_initiate<const UseAwaitable, void()>(std::move(keep), kAwaitable);
  co_await std::move(wait);
}

template <class Stream>
void HttpConnection<Stream>::compose(const HttpResponse& response, bool close) {
  const HttpRequest& request = exchange_->request;
  ResponseFrame frame;
  frame.request_id = request.request_id;
  frame.cors_origin = shared_.handler.allowed_origin(request);
  frame.head_only = request.method == "HEAD";
  frame.close = close;
  frame.secure = kTls || shared_.handler.is_secure(request, peer_);
  frame.varies_by_origin = shared_.handler.varies_by_origin();
  output_.clear();
  static_output_ = {};
  written_ = 0;
  if (is_well_formed(response)) {
    static_output_ = thread_.writer().write(response, frame, output_);
    return;
  }
  thread_.writer().write(to_response(refusal::kFailed), frame, output_);
  shared_.log.error("handler made a malformed response", {{"request_id", request.request_id}});
}

/// As far as the socket takes it without the event loop.
template <class Stream>
bool HttpConnection<Stream>::write_now() {
  if constexpr (!kTls) {
    boost::system::error_code error;
    written_ = static_output_.empty() ? stream_.write_some(asio::buffer(output_), error)
                                      : stream_.write_some(unwritten(), error);
  }
  return written_ == output_.size() + static_output_.size();
}

template <class Stream>
std::array<asio::const_buffer, 2> HttpConnection<Stream>::unwritten() const {
  const std::size_t of_static = written_ - std::min(written_, output_.size());
  return {asio::buffer(output_) + written_,
          asio::const_buffer(static_output_.data(), static_output_.size()) + of_static};
}

template <class Stream>
Awaitable<bool> HttpConnection<Stream>::write_rest() {
  enter(Phase::kWrite, shared_.timeouts.write);
  while (written_ < output_.size() + static_output_.size()) {
    const auto buffers = unwritten();
    const auto [error, bytes] = co_await stream_.async_write_some(buffers, kTuple);
    if (error || closed()) co_return false;
    written_ += bytes;
    earn_time(bytes, limits::kMinWriteBytesPerSecond, shared_.timeouts.write);
  }
  co_return true;
}

/// Ends the connection so that the last response arrives: what the client still sends is read and
/// thrown away, since closing over unread input would reset the connection.
template <class Stream>
Awaitable<void> HttpConnection<Stream>::linger() {
  enter(Phase::kLinger, limits::kLingerTimeout);
  if constexpr (kTls) co_await stream_.async_shutdown(kTuple);
  boost::system::error_code ignored;
  socket().shutdown(asio::socket_base::shutdown_send, ignored);
  char discarded[4096];
  for (std::size_t total = 0; total < limits::kLingerBytes;) {
    const asio::mutable_buffer buffer(discarded, sizeof discarded);
    const auto [error, bytes] = co_await socket().async_read_some(buffer, kTuple);
    if (error) co_return;
    total += bytes;
  }
}

template <class Stream>
Awaitable<void> serve_stream(IoThread& thread, Stream stream, IpAddress peer,
                             ConnectionCaps::Client& client) {
  HttpConnection<Stream> connection(thread, std::move(stream), peer, client);
  co_await connection.serve();
}

}  // namespace

void start_connection(IoThread& thread, Socket socket, const IpAddress& peer,
                      ConnectionCaps::Client& client) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  auto on_end = [&log = thread.shared().log](const std::exception_ptr& failure) {
    if (failure) log.error("connection failed");
  };
  const auto serve = [&](auto stream) {
    asio::co_spawn(thread.context(), serve_stream(thread, std::move(stream), peer, client),
                   std::move(on_end));
  };
  if (auto* tls = thread.shared().tls) {
    serve(TlsStream(std::move(socket), *tls));
  } else {
    serve(std::move(socket));
  }
}

}  // namespace postern
