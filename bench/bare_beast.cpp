// The yardstick: what Boost.Beast alone does on these cores with one thread.
//
//   bare_beast [--port N] [--signatures N]
//
// Answers every request with 202 {"status":"accepted"}, after so many ES256 signatures. No limits,
// no time-outs, no routes, no security headers: nothing that a real server needs, so that nothing
// slows it down.
#include <openssl/evp.h>

#include <array>
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

struct Signer {
  int count = 0;
  EVP_PKEY* key = nullptr;

  void sign() const {
    for (int i = 0; i < count; ++i) {
      EVP_MD_CTX* context = EVP_MD_CTX_new();
      std::array<unsigned char, 128> signature{};
      std::size_t size = signature.size();
      const std::array<unsigned char, 512> claims{};
      EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key);
      if (EVP_DigestSign(context, signature.data(), &size, claims.data(), claims.size()) != 1) {
        std::abort();
      }
      EVP_MD_CTX_free(context);
    }
  }
};

Awaitable<void> serve(Socket socket, const Signer& signer) {
  boost::beast::flat_buffer buffer;
  for (bool keep_alive = true; keep_alive;) {
    http::request<http::string_body> request;
    co_await http::async_read(socket, buffer, request, kAwaitable);
    signer.sign();
    http::response<http::string_body> response(http::status::accepted, request.version());
    response.set(http::field::content_type, "application/json");
    response.body() = R"({"status":"accepted"})";
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    co_await http::async_write(socket, response, kAwaitable);
    keep_alive = request.keep_alive();
  }
}

Awaitable<void> accept(Acceptor acceptor, const Signer& signer) {
  for (;;) {
    Socket socket = co_await acceptor.async_accept(kAwaitable);
    socket.set_option(tcp::no_delay(true));
    const Executor executor = socket.get_executor();
    asio::co_spawn(executor, serve(std::move(socket), signer), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  unsigned short port = 5099;
  Signer signer;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    if (i + 1 == argc || (option != "--port" && option != "--signatures")) {
      std::fprintf(stderr, "usage: bare_beast [--port N] [--signatures N]\n");
      return 2;
    }
    const int value = std::atoi(argv[i + 1]);
    option == "--port" ? port = static_cast<unsigned short>(value) : signer.count = value;
  }
  signer.key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "prime256v1");
  asio::io_context context(1);
  Acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), port));
  std::printf("listening on 127.0.0.1:%u\n", unsigned{acceptor.local_endpoint().port()});
  std::fflush(stdout);
  asio::co_spawn(context, accept(std::move(acceptor), signer), asio::detached);
  context.run();
}
