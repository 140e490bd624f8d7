#include "http/server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <stdexcept>
#include <thread>

#include "http/coroutine.hpp"
#include "http/https_context.hpp"
#include "http/io_thread.hpp"

namespace postern {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

tcp::endpoint resolve(asio::io_context& context, const std::string& listen) {
  const auto colon = listen.rfind(':');
  if (colon == std::string::npos) {
    throw std::runtime_error("cannot listen on \"" + listen + "\": it is not host:port");
  }
  std::string host = listen.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  boost::system::error_code error;
  tcp::resolver resolver(context);
  const auto found =
      resolver.resolve(host, listen.substr(colon + 1),
                       tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) throw std::runtime_error("cannot listen on \"" + listen + "\": " + error.message());
  return *found.begin();
}

/// Unread bytes stay in this process, where they are shared or counted, and not in the kernel.
void limit_unsent(Acceptor& acceptor) {
  const int bytes = limits::kUnsentBytes;
  setsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

Acceptor open_acceptor(asio::io_context& context, const std::string& listen) {
  const tcp::endpoint endpoint = resolve(context, listen);
  Acceptor acceptor(context);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(false), error);
  }
  // Connections inherit both.
  if (!error) acceptor.set_option(tcp::no_delay(true), error);
  if (!error) limit_unsent(acceptor);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) throw std::runtime_error("cannot listen on " + listen + ": " + error.message());
  return acceptor;
}

bool is_out_of_descriptors(const boost::system::error_code& error) {
  return error == boost::system::errc::too_many_files_open ||
         error == boost::system::errc::too_many_files_open_in_system;
}

std::vector<std::unique_ptr<IoThread>> make_threads(std::size_t count, const ServerShared& shared) {
  std::vector<std::unique_ptr<IoThread>> threads;
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    threads.push_back(std::make_unique<IoThread>(shared));
  }
  return threads;
}

}  // namespace

struct HttpServer::Impl {
  Impl(HttpServerOptions given, const Router& router, Logger& logger)
      : options(std::move(given)),
        log(logger),
        handler(options, router, logger),
        caps(options.max_connections, options.max_connections_per_client),
        tls(load_tls(options.tls_cert_file, options.tls_key_file)),
        shared{options.timeouts, logger, handler, caps, tls.get(), stopping},
        threads(make_threads(options.threads, shared)),
        acceptor(open_acceptor(threads.front()->context(), options.listen)),
        backoff(threads.front()->context()) {}

  Awaitable<void> accept();
  Awaitable<void> back_off(boost::system::error_code error);
  bool make_room();
  void hand_over(IoThread& thread, Socket socket);

  const HttpServerOptions options;
  Logger& log;
  RequestHandler handler;
  ConnectionCaps caps;
  std::atomic<bool> stopping = false;
  std::unique_ptr<asio::ssl::context> tls;
  const ServerShared shared;
  std::vector<std::unique_ptr<IoThread>> threads;
  Acceptor acceptor;
  Timer backoff;
  bool accepting_fails = false;
};

/// The first thread accepts for all of them, in turn.
Awaitable<void> HttpServer::Impl::accept() {
  for (std::size_t next = 0; acceptor.is_open(); next = (next + 1) % threads.size()) {
    IoThread& thread = *threads[next];
    auto [error, socket] = co_await acceptor.async_accept(thread.context(), kTuple);
    if (!acceptor.is_open()) break;
    if (error) {
      if (!is_out_of_descriptors(error) || !make_room()) co_await back_off(error);
      continue;
    }
    accepting_fails = false;
    hand_over(thread, std::move(socket));
  }
}

/// Out of descriptors or memory: trying again at once would only burn the processor.
Awaitable<void> HttpServer::Impl::back_off(boost::system::error_code error) {
  if (error == asio::error::connection_aborted) co_return;
  if (!accepting_fails) log.warn("cannot accept connections", {{"reason", error.message()}});
  accepting_fails = true;
  backoff.expires_after(limits::kAcceptBackoff);
  co_await backoff.async_wait(kTuple);
}

/// Without descriptors: a connection that waits for nothing gives one up. True when one is free
/// now.
bool HttpServer::Impl::make_room() {
  if (threads.front()->evict()) return true;
  for (std::size_t i = 1; i < threads.size(); ++i) {
    threads[i]->post([&thread = *threads[i]] { thread.evict(); });
  }
  return false;
}

void HttpServer::Impl::hand_over(IoThread& thread, Socket socket) {
  if (&thread == threads.front().get()) return thread.adopt(std::move(socket));
  thread.post([&thread, socket = std::move(socket)]() mutable { thread.adopt(std::move(socket)); });
}

HttpServer::HttpServer(HttpServerOptions options, const Router& router, Logger& log)
    : impl_(std::make_unique<Impl>(std::move(options), router, log)) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return impl_->acceptor.local_endpoint().port(); }

ConnectionCounts HttpServer::connection_counts() const { return impl_->caps.counts(); }

void HttpServer::run() {
  asio::co_spawn(impl_->threads.front()->context(), impl_->accept(), asio::detached);
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < impl_->threads.size(); ++i) {
    others.emplace_back([&thread = *impl_->threads[i]] { thread.run(); });
  }
  impl_->threads.front()->run();
}

void HttpServer::stop() {
  impl_->stopping = true;
  impl_->threads.front()->post([impl = impl_.get()] {
    boost::system::error_code ignored;
    impl->acceptor.close(ignored);
    impl->backoff.cancel();
  });
  for (const auto& thread : impl_->threads) {
    thread->post([&thread = *thread] { thread.drain(); });
  }
}

void HttpServer::pass_threads(const std::function<void()>& passed) {
  // Shared by the threads, each of which may be the last.
  const auto left = std::make_shared<std::atomic<std::size_t>>(impl_->threads.size());
  for (const auto& thread : impl_->threads) {
    thread->post([left, passed] {
      if (--*left == 0) passed();
    });
  }
}

}  // namespace postern
