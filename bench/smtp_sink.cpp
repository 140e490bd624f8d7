// A mail server that accepts every email and keeps none: the far end for measuring.
//
//   smtp_sink --port 2525 [--cert FILE --key FILE] [--print-count]
//
// Listens on 127.0.0.1 (port 0: any free one) and prints "listening on PORT". With a certificate it
// offers STARTTLS. AUTH PLAIN and LOGIN accept anything. --print-count prints "mails N at T" soon
// after N has changed, and when SIGTERM or SIGINT ends it; T is when the last email came, in
// nanoseconds of the monotonic clock.
//
// A thread for each connection; all replies to what one read brought go out in one write.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace {

std::atomic<std::uint64_t> mails{0};
std::atomic<std::int64_t> last_mail_at_ns{0};

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

struct Options {
  std::uint16_t port = 0;
  std::string certificate;
  std::string key;
  bool print_count = false;
};

class Connection {
 public:
  Connection(int socket, SSL_CTX* context) : socket_(socket), context_(context) {}
  ~Connection() {
    SSL_free(ssl_);
    ::close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void serve() {
    replies_ = "220 sink ESMTP\r\n";
    while (flush() && receive()) {
      if (!take_lines()) break;
    }
    flush();
  }

 private:
  bool flush() {
    std::string_view left = replies_;
    while (!left.empty()) {
      const auto sent = ssl_ != nullptr
                            ? SSL_write(ssl_, left.data(), static_cast<int>(left.size()))
                            : ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
    replies_.clear();
    return true;
  }

  bool receive() {
    char bytes[32 * 1024];
    const auto received = ssl_ != nullptr ? SSL_read(ssl_, bytes, sizeof bytes)
                                          : ::recv(socket_, bytes, sizeof bytes, 0);
    if (received <= 0) return false;
    input_.append(bytes, static_cast<std::size_t>(received));
    return true;
  }

  /// False when the connection is to be closed.
  bool take_lines() {
    std::size_t at = 0;
    for (;;) {
      if (in_message_) {
        if (!skip_message(at)) break;
        continue;
      }
      const std::size_t end = input_.find("\r\n", at);
      if (end == std::string::npos) break;
      const std::string line = input_.substr(at, end - at);
      at = end + 2;
      if (!take_command(line)) return false;
    }
    input_.erase(0, at);
    return input_.size() < 64 * 1024 * 1024;
  }

  /// Looks for the final dot from `at`; false when there is none yet.
  bool skip_message(std::size_t& at) {
    if (input_.compare(at, 3, ".\r\n") == 0) {
      at += 3;
    } else {
      const std::size_t dot = input_.find("\r\n.\r\n", at);
      if (dot == std::string::npos) return false;
      at = dot + 5;
    }
    in_message_ = false;
    last_mail_at_ns.store(monotonic_ns(), std::memory_order_relaxed);
    mails.fetch_add(1, std::memory_order_release);
    replies_ += "250 2.0.0 kept\r\n";
    return true;
  }

  bool take_command(const std::string& line) {
    std::string verb = line.substr(0, line.find(' '));
    for (char& c : verb) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (login_answers_left_ > 0) {
      replies_ += --login_answers_left_ > 0 ? "334 UGFzc3dvcmQ6\r\n" : "235 2.7.0 welcome\r\n";
    } else if (verb == "EHLO" || verb == "HELO") {
      const bool offers_tls = context_ != nullptr && ssl_ == nullptr;
      replies_ += "250-sink\r\n250-PIPELINING\r\n250-SIZE 33554432\r\n";
      if (offers_tls) replies_ += "250-STARTTLS\r\n";
      replies_ += "250 AUTH PLAIN LOGIN\r\n";
    } else if (verb == "STARTTLS" && context_ != nullptr && ssl_ == nullptr) {
      return start_tls();
    } else if (verb == "AUTH") {
      if (line == "AUTH LOGIN") login_answers_left_ = 2;
      replies_ += login_answers_left_ > 0 ? "334 VXNlcm5hbWU6\r\n" : "235 2.7.0 welcome\r\n";
    } else if (verb == "DATA") {
      in_message_ = true;
      replies_ += "354 go ahead\r\n";
    } else if (verb == "QUIT") {
      replies_ += "221 2.0.0 bye\r\n";
      return false;
    } else {
      const bool known = verb == "MAIL" || verb == "RCPT" || verb == "RSET" || verb == "NOOP";
      replies_ += known ? "250 2.0.0 ok\r\n" : "502 5.5.1 unknown\r\n";
    }
    return true;
  }

  bool start_tls() {
    replies_ += "220 2.0.0 go ahead\r\n";
    if (!flush()) return false;
    input_.clear();
    ssl_ = SSL_new(context_);
    return ssl_ != nullptr && SSL_set_fd(ssl_, socket_) == 1 && SSL_accept(ssl_) == 1;
  }

  int socket_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  std::string input_;
  std::string replies_;
  bool in_message_ = false;
  int login_answers_left_ = 0;
};

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--print-count") {
      options.print_count = true;
      continue;
    }
    if (i + 1 == argc) throw std::runtime_error("value missing after " + name);
    const std::string value = argv[++i];
    if (name == "--port")
      options.port = static_cast<std::uint16_t>(std::stoi(value));
    else if (name == "--cert")
      options.certificate = value;
    else if (name == "--key")
      options.key = value;
    else
      throw std::runtime_error("unknown option " + name);
  }
  return options;
}

SSL_CTX* server_context(const Options& options) {
  if (options.certificate.empty()) return nullptr;
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr ||
      SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("certificate or key cannot be read");
  SSL_CTX_set_read_ahead(context, 1);
  return context;
}

int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, generic, size) != 0 || ::listen(listener, 128) != 0 ||
      ::getsockname(listener, generic, &size) != 0)
    throw std::runtime_error("the port cannot be listened on");
  std::printf("listening on %u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return listener;
}

[[noreturn]] void accept_for_ever(int listener, SSL_CTX* context) {
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::thread([socket, context] { Connection(socket, context).serve(); }).detach();
  }
}

void print_count() {
  const auto count = mails.load();
  std::printf("mails %llu at %lld\n", static_cast<unsigned long long>(count),
              static_cast<long long>(last_mail_at_ns.load()));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = parse_options(argc, argv);
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  // Before any thread is started, so that all of them leave these signals to this one.
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  SSL_CTX* context = server_context(options);
  const int listener = listen_on(options.port);
  std::thread([listener, context] { accept_for_ever(listener, context); }).detach();
  std::uint64_t printed = 0;
  const timespec interval{0, 20'000'000};
  while (::sigtimedwait(&ends, nullptr, &interval) < 0) {
    if (!options.print_count || mails.load() == printed) continue;
    printed = mails.load();
    print_count();
  }
  print_count();
  std::_Exit(0);
} catch (const std::exception& error) {
  std::fprintf(stderr, "smtp_sink: %s\n", error.what());
  return 2;
}
