#include "mail_smtp/fake_server_test.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

namespace postern {
namespace {

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

// OpenSSL writes without MSG_NOSIGNAL; only the server's threads may be spared by a mask: the
// client under test has to get along without one.
void block_broken_pipe_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

std::string verb_of(const std::string& line) {
  std::string verb = line.substr(0, line.find(' '));
  for (char& c : verb) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return verb;
}

SSL_CTX* server_context(const FakeScript& script) {
  if (script.certificate.certificate.empty()) return nullptr;
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  require(
      SSL_CTX_use_certificate_chain_file(context, script.certificate.certificate.c_str()) == 1 &&
          SSL_CTX_use_PrivateKey_file(context, script.certificate.key.c_str(), SSL_FILETYPE_PEM) ==
              1,
      "server certificate");
  if (script.newest_tls != 0) {
    // Old versions need the level that allows SHA-1.
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, 0);
    SSL_CTX_set_max_proto_version(context, script.newest_tls);
  }
  return context;
}

}  // namespace

struct FakeServer::Client {
  int socket = -1;
  int number = 0;
  SSL* ssl = nullptr;
  std::function<void()> on_burst = {};
  std::string buffer = {};
  bool has_sender = false;
  bool has_recipient = false;

  ~Client() {
    SSL_free(ssl);
    ::close(socket);
  }

  bool accept_tls(SSL_CTX* context) {
    ssl = SSL_new(context);
    SSL_set_fd(ssl, socket);
    return SSL_accept(ssl) == 1;
  }

  void write(const std::string& bytes) {
    if (ssl != nullptr)
      SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
    else
      static_cast<void>(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }

  std::optional<std::string> read_line() {
    for (;;) {
      if (const std::size_t end = buffer.find("\r\n"); end != std::string::npos) {
        std::string line = buffer.substr(0, end);
        buffer.erase(0, end + 2);
        return line;
      }
      char bytes[16 * 1024];
      const auto received = ssl != nullptr ? SSL_read(ssl, bytes, sizeof bytes)
                                           : ::recv(socket, bytes, sizeof bytes, 0);
      if (received <= 0) return std::nullopt;
      on_burst();
      buffer.append(bytes, static_cast<std::size_t>(received));
    }
  }

  void drip() {
    write("250");
    pollfd waiting{socket, POLLIN, 0};
    while (::poll(&waiting, 1, 5) == 0) write("-");
  }
};

FakeServer::FakeServer(FakeScript script)
    : script_(std::move(script)), context_(server_context(script_), &SSL_CTX_free) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(script_.any_address ? INADDR_ANY : INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener_, generic, size) == 0 && ::listen(listener_, 16) == 0 &&
              ::getsockname(listener_, generic, &size) == 0,
          "listener");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_clients(); });
}

FakeServer::~FakeServer() {
  finish();
  ::close(listener_);
}

void FakeServer::finish() {
  ::shutdown(listener_, SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  for (std::thread& client : clients_) client.join();
  clients_.clear();
}

void FakeServer::accept_clients() {
  block_broken_pipe_signal();
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const timeval patience{10, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = ++connections_;
    }
    clients_.emplace_back([this, socket, number] {
      Client client{socket, number};
      client.on_burst = [this, number] {
        const std::lock_guard lock(mutex_);
        ++bursts_[number];
      };
      serve(client);
    });
  }
}

void FakeServer::serve(Client& client) {
  if (script_.implicit_tls && !client.accept_tls(context_.get())) return;
  if (!reply(client, "greeting", script_.greeting)) return;
  while (const std::optional<std::string> line = client.read_line()) {
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back({client.number, client.ssl != nullptr, *line});
    }
    if (!serve_line(client, *line)) return;
  }
}

bool FakeServer::serve_line(Client& client, const std::string& line) {
  const std::string verb = verb_of(line);
  if (verb == "EHLO") return reply(client, verb, ehlo_reply(client));
  if (verb == "HELO") return reply(client, verb, "250 fake");
  if (verb == "QUIT") {
    reply(client, verb, "221 bye");
    return false;
  }
  if (verb == "STARTTLS") {
    std::string scripted;
    const bool planned = take_scripted(verb, scripted);
    client.write((planned ? scripted : "220 go ahead") + "\r\n");
    return (planned && !scripted.starts_with("220")) || client.accept_tls(context_.get());
  }
  if (verb == "DATA") return receive_message(client);
  if (verb == "AUTH")
    return reply(client, verb, line == "AUTH LOGIN" ? "334 VXNlcm5hbWU6" : "235 ok");
  if (verb == "MAIL") return reply(client, verb, "250 2.1.0 ok", &client.has_sender);
  if (verb == "RCPT")
    return reply(client, verb, client.has_sender ? "250 2.1.5 ok" : "503 5.5.1 sender first",
                 &client.has_recipient);
  if (verb == "RSET" || verb == ".") return reply(client, verb, "250 2.0.0 ok");
  // A line that is no command is a response within AUTH LOGIN.
  return reply(client, "answer", "235 ok");
}

bool FakeServer::receive_message(Client& client) {
  std::string go_ahead = client.has_recipient ? "354 go ahead" : "503 5.5.1 recipient first";
  client.has_sender = client.has_recipient = false;
  take_scripted("DATA", go_ahead);
  if (go_ahead == kDrop) return false;
  client.write(go_ahead + "\r\n");
  if (!go_ahead.starts_with("354")) return true;
  std::string message;
  for (;;) {
    const std::optional<std::string> line = client.read_line();
    if (!line) return false;
    if (*line == ".") break;
    message += *line + "\r\n";
  }
  if (script_.flush_after_message) client.buffer.clear();
  {
    const std::lock_guard lock(mutex_);
    messages_.push_back(message);
  }
  if (client.number == 1) std::this_thread::sleep_for(script_.slow_dot);
  return reply(client, ".", "250 2.0.0 queued") && !script_.drop_after_message;
}

bool FakeServer::reply(Client& client, const std::string& verb, const std::string& usual,
                       bool* accepted) {
  std::string text = usual;
  take_scripted(verb, text);
  if (accepted != nullptr) *accepted = text.starts_with("2");
  if (text == kDrop) return false;
  if (text == kSilence) {
    while (client.read_line()) {
    }
    return false;
  }
  if (text == kDrip) {
    client.drip();
    return false;
  }
  client.write(text + "\r\n");
  return !text.starts_with("421");
}

std::string FakeServer::ehlo_reply(const Client& client) const {
  std::string text = "250-fake at your service";
  for (const std::string& keyword : script_.keywords) {
    if (keyword != "STARTTLS" || client.ssl == nullptr) text += "\r\n250-" + keyword;
  }
  return text + "\r\n250 HELP";
}

bool FakeServer::take_scripted(const std::string& verb, std::string& reply) {
  const std::lock_guard lock(mutex_);
  const auto found = script_.replies.find(verb);
  if (found == script_.replies.end() || found->second.empty()) return false;
  std::string next = std::move(found->second.front());
  found->second.pop_front();
  if (next.empty()) return false;
  reply = std::move(next);
  return true;
}

void FakeServer::script(const std::string& verb, std::string reply) {
  const std::lock_guard lock(mutex_);
  script_.replies[verb].push_back(std::move(reply));
}

std::vector<SeenLine> FakeServer::seen() {
  const std::lock_guard lock(mutex_);
  return seen_;
}

std::vector<std::string> FakeServer::lines(int connection) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  for (const SeenLine& line : seen_) {
    if (line.connection == connection) found.push_back(line.line);
  }
  return found;
}

std::vector<std::string> FakeServer::messages() {
  const std::lock_guard lock(mutex_);
  return messages_;
}

int FakeServer::bursts(int connection) {
  const std::lock_guard lock(mutex_);
  return bursts_[connection];
}

int FakeServer::connections() {
  const std::lock_guard lock(mutex_);
  return connections_;
}

}  // namespace postern
