// The HTTP server of the yardsticks: one thread, one coroutine a connection, every request answered
// alike once `work` is done with its body.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <string>
#include <utility>

namespace bare {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
template <class T>
using Awaitable = asio::awaitable<T, Executor>;
constexpr asio::use_awaitable_t<Executor> kAwaitable;

template <class Work>
Awaitable<void> serve(Socket socket, Work& work) {
  namespace http = boost::beast::http;
  boost::beast::flat_buffer buffer;
  for (bool keep_alive = true; keep_alive;) {
    http::request<http::string_body> request;
    co_await http::async_read(socket, buffer, request, kAwaitable);
    // Named: GCC 12 destroys some temporaries of a co_await twice.
    auto working = work(std::move(request.body()));
    co_await std::move(working);
    http::response<http::string_body> response(http::status::accepted, request.version());
    response.set(http::field::content_type, "application/json");
    response.body() = R"({"status":"accepted"})";
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    co_await http::async_write(socket, response, kAwaitable);
    keep_alive = request.keep_alive();
  }
}

template <class Work>
Awaitable<void> accept(Acceptor acceptor, Work& work) {
  for (;;) {
    Socket socket = co_await acceptor.async_accept(kAwaitable);
    socket.set_option(asio::ip::tcp::no_delay(true));
    const Executor executor = socket.get_executor();
    asio::co_spawn(executor, serve(std::move(socket), work), asio::detached);
  }
}

/// Serves 127.0.0.1:`port` for ever. `work`: Awaitable<void>(std::string body).
template <class Work>
void run_server(asio::io_context& context, unsigned short port, Work work) {
  Acceptor acceptor(context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port));
  asio::co_spawn(context, accept(std::move(acceptor), work), asio::detached);
  context.run();
}

}  // namespace bare
