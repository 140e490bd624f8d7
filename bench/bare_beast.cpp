// The yardstick: what Boost.Beast alone does on these cores with one thread.
//
//   bare_beast [--port N]
//
// Answers every request with 202 {"status":"accepted"}. No limits, no time-outs, no routes, no
// security headers: nothing that a real server needs, so that nothing slows it down.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
template <class T>
using Awaitable = asio::awaitable<T, Executor>;
constexpr asio::use_awaitable_t<Executor> kAwaitable;

Awaitable<void> serve(Socket socket) {
  boost::beast::flat_buffer buffer;
  for (bool keep_alive = true; keep_alive;) {
    http::request<http::string_body> request;
    co_await http::async_read(socket, buffer, request, kAwaitable);
    http::response<http::string_body> response(http::status::accepted, request.version());
    response.set(http::field::content_type, "application/json");
    response.body() = R"({"status":"accepted"})";
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    co_await http::async_write(socket, response, kAwaitable);
    keep_alive = request.keep_alive();
  }
}

Awaitable<void> accept(Acceptor acceptor) {
  for (;;) {
    Socket socket = co_await acceptor.async_accept(kAwaitable);
    socket.set_option(tcp::no_delay(true));
    const Executor executor = socket.get_executor();
    asio::co_spawn(executor, serve(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  unsigned short port = 5099;
  if (argc == 3 && std::string_view(argv[1]) == "--port") {
    port = static_cast<unsigned short>(std::atoi(argv[2]));
  } else if (argc != 1) {
    std::fprintf(stderr, "usage: bare_beast [--port N]\n");
    return 2;
  }
  asio::io_context context(1);
  Acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), port));
  std::printf("listening on 127.0.0.1:%u\n", unsigned{acceptor.local_endpoint().port()});
  std::fflush(stdout);
  asio::co_spawn(context, accept(std::move(acceptor)), asio::detached);
  context.run();
}
