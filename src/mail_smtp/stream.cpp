#include "mail_smtp/stream.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

namespace postern {
namespace {

Error stream_error(const char* code, std::string detail) {
  return Error{code, Retry::kLater, std::move(detail)};
}

Error timed_out() { return stream_error("smtp_timeout", "timed out"); }
Error hung_up() { return stream_error("smtp_closed", "the mail server closed the connection"); }

Error unreachable(const std::string& why) {
  return stream_error("smtp_unreachable", "the mail server cannot be reached: " + why);
}

std::string errno_text(int number) { return std::system_category().message(number); }

bool may_retry() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

/// How often a wait looks whether it was interrupted.
constexpr std::chrono::milliseconds kInterruptPoll{100};

Status wait_for(int socket, short events, SmtpDeadline deadline,
                const std::atomic<bool>* interrupted) {
  for (;;) {
    auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || (interrupted != nullptr && *interrupted)) return timed_out();
    if (interrupted != nullptr) left = std::min(left, kInterruptPoll);
    pollfd waiting{socket, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR)
      return stream_error("smtp_closed", "waiting failed: " + errno_text(errno));
  }
}

struct AddressListFree {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListFree>;

Result<AddressList> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failure != 0) return unreachable(::gai_strerror(failure));
  return AddressList(found);
}

Status connect_socket(int socket, const addrinfo& address, SmtpDeadline deadline,
                      const std::atomic<bool>* interrupted) {
  if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return unreachable(errno_text(errno));
  if (!wait_for(socket, POLLOUT, deadline, interrupted)) return unreachable("timed out");
  int failure = 0;
  socklen_t size = sizeof failure;
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
  if (failure != 0) return unreachable(errno_text(failure));
  return {};
}

/// IPv4-mapped addresses as what they are.
struct IpAddress {
  bool v6 = false;
  in_addr four{};
  in6_addr six{};
};

IpAddress to_ip(const sockaddr_storage& storage) {
  IpAddress ip;
  if (storage.ss_family == AF_INET6) {
    ip.six = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
    ip.v6 = !IN6_IS_ADDR_V4MAPPED(&ip.six);
    if (!ip.v6) std::memcpy(&ip.four, ip.six.s6_addr + 12, sizeof ip.four);
  } else {
    ip.four = reinterpret_cast<const sockaddr_in&>(storage).sin_addr;
  }
  return ip;
}

}  // namespace

Result<SmtpStream> SmtpStream::connect(const std::string& host, std::uint16_t port,
                                       SmtpDeadline deadline,
                                       const std::atomic<bool>* interrupted) {
  const Result<AddressList> list = look_up(host, port);
  if (!list) return list.error();
  int addresses_left = 0;
  for (const addrinfo* at = list->get(); at != nullptr; at = at->ai_next) ++addresses_left;

  Error last = unreachable("no address");
  for (const addrinfo* at = list->get(); at != nullptr; at = at->ai_next) {
    const int socket =
        ::socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol);
    if (socket < 0) {
      last = unreachable(errno_text(errno));
      --addresses_left;
      continue;
    }
    SmtpStream stream(socket, interrupted);
    const auto now = std::chrono::steady_clock::now();
    const Status connected =
        connect_socket(socket, *at, now + (deadline - now) / addresses_left--, interrupted);
    if (!connected) {
      last = connected.error();
      continue;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return stream;
  }
  return last;
}

SmtpStream::SmtpStream(SmtpStream&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      interrupted_(other.interrupted_),
      ssl_(std::move(other.ssl_)) {}

SmtpStream::~SmtpStream() {
  ssl_.reset();
  if (socket_ >= 0) ::close(socket_);
}

Status SmtpStream::wait(short events, SmtpDeadline deadline) const {
  return wait_for(socket_, events, deadline, interrupted_);
}

Status SmtpStream::await_tls(int result, SmtpDeadline deadline) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return wait(POLLIN, deadline);
    case SSL_ERROR_WANT_WRITE:
      return wait(POLLOUT, deadline);
    case SSL_ERROR_ZERO_RETURN:
      return hung_up();
    default:
      break;
  }
  // Once the handshake is done, an end without close_notify is a hang-up like any other.
  if (SSL_is_init_finished(ssl_.get()) == 1 && ERR_peek_error() == 0) return hung_up();
  return tls_error(ssl_.get());
}

Status SmtpStream::start_tls(const TlsContext& context, const std::string& host,
                             SmtpDeadline deadline) {
  Result<SslPtr> ssl = context.client(socket_, host);
  if (!ssl) return ssl.error();
  ssl_ = std::move(*ssl);
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    if (result == 1) return {};
    if (Status awaited = await_tls(result, deadline); !awaited) return awaited;
  }
}

Status SmtpStream::write(std::string_view bytes, SmtpDeadline deadline) {
  while (!bytes.empty()) {
    if (ssl_) {
      ERR_clear_error();
      std::size_t written = 0;
      const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
      if (result == 1) {
        bytes.remove_prefix(written);
      } else if (Status awaited = await_tls(result, deadline); !awaited) {
        return awaited;
      }
      continue;
    }
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (!may_retry()) {
      return hung_up();
    } else if (Status waited = wait(POLLOUT, deadline); !waited) {
      return waited;
    }
  }
  return {};
}

Result<std::size_t> SmtpStream::read(std::span<char> into, SmtpDeadline deadline) {
  // A reply is never there yet when it is asked for: waiting first saves a read in vain.
  if (!ssl_ || SSL_has_pending(ssl_.get()) == 0) {
    if (Status waited = wait(POLLIN, deadline); !waited) return waited.error();
  }
  for (;;) {
    if (ssl_) {
      ERR_clear_error();
      std::size_t received = 0;
      const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &received);
      if (result == 1) return received;
      if (Status awaited = await_tls(result, deadline); !awaited) return awaited.error();
      continue;
    }
    const ssize_t received = ::recv(socket_, into.data(), into.size(), 0);
    if (received > 0) return static_cast<std::size_t>(received);
    if (received == 0 || !may_retry()) return hung_up();
    if (Status waited = wait(POLLIN, deadline); !waited) return waited.error();
  }
}

bool SmtpStream::quiet() {
  char byte = 0;
  if (ssl_) {
    ERR_clear_error();
    // Session tickets are read and kept by the way; they are no words of the peer.
    const int result = SSL_peek(ssl_.get(), &byte, 1);
    return result <= 0 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
  }
  return ::recv(socket_, &byte, 1, MSG_PEEK) < 0 && may_retry();
}

bool SmtpStream::peer_is_loopback() const {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return false;
  const IpAddress ip = to_ip(peer);
  if (ip.v6) return IN6_IS_ADDR_LOOPBACK(&ip.six);
  return (ntohl(ip.four.s_addr) >> 24) == IN_LOOPBACKNET;
}

std::string SmtpStream::local_literal() const {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &size);
  const IpAddress ip = to_ip(own);
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(ip.v6 ? AF_INET6 : AF_INET, ip.v6 ? static_cast<const void*>(&ip.six) : &ip.four,
              text, sizeof text);
  return std::string(ip.v6 ? "[IPv6:" : "[") + text + "]";
}

}  // namespace postern
