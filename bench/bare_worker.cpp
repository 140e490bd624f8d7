// The yardstick of an email: the parts that Postern's worker is made of, and nothing else.
//
//   bare_worker --amqp PORT --smtp PORT
//
// Each of four connections, a thread of its own, consumes the queue of bare_pipeline and sends a
// fixed message for each job, over STARTTLS with pipelining: one round trip an email. What is sent
// is acknowledged in batches. No token, no template, no limits, no outcomes, no reconnecting, and
// the server's certificate is not checked.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bare_amqp.hpp"

namespace {

using bare::require;

constexpr std::uint16_t kPrefetch = 128;
constexpr std::size_t kBatch = 32;
/// SMTP_CONNECTIONS by default.
constexpr int kConnections = 4;
/// As many as Postern's first email in English.
constexpr std::size_t kMessageBytes = 7000;

struct Job {
  std::uint64_t tag = 0;
  std::string recipient;
};

class Consumer {
 public:
  explicit Consumer(int port) : connection_(bare::connect_amqp(port)) {
    require(amqp_basic_qos(connection_, 1, 0, kPrefetch, 0) != nullptr, "basic.qos");
    require(amqp_basic_consume(connection_, 1, amqp_cstring_bytes(bare::kQueue), amqp_empty_bytes,
                               0, 0, 0, amqp_empty_table) != nullptr,
            "basic.consume");
  }

  /// Waits for a job, and takes what else has arrived.
  std::vector<Job> take() {
    std::vector<Job> jobs;
    const timeval at_once{};
    while (jobs.size() < kBatch && take_one(jobs, jobs.empty() ? nullptr : &at_once)) {
    }
    return jobs;
  }

  void acknowledge(const Job& last) {
    require(amqp_basic_ack(connection_, 1, last.tag, 1) == AMQP_STATUS_OK, "basic.ack");
  }

 private:
  bool take_one(std::vector<Job>& jobs, const timeval* patience) {
    amqp_envelope_t envelope;
    amqp_maybe_release_buffers(connection_);
    const auto reply = amqp_consume_message(connection_, &envelope, patience, 0);
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION &&
        reply.library_error == AMQP_STATUS_TIMEOUT) {
      return false;
    }
    require(reply.reply_type == AMQP_RESPONSE_NORMAL, "consuming");
    const auto& body = envelope.message.body;
    const std::string_view text(static_cast<const char*>(body.bytes), body.len);
    // {"email":"…"}
    const auto begin = text.find(':') + 2;
    jobs.push_back(
        {envelope.delivery_tag, std::string(text.substr(begin, text.size() - begin - 2))});
    amqp_destroy_envelope(&envelope);
    return true;
  }

  amqp_connection_state_t connection_;
};

class MailServer {
 public:
  explicit MailServer(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    require(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
            "connecting to the mail server");
    expect(1);
    exchange("EHLO bench.example\r\n", 1);
    exchange("STARTTLS\r\n", 1);
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_read_ahead(context, 1);
    ssl_ = SSL_new(context);
    require(SSL_set_fd(ssl_, socket_) == 1 && SSL_connect(ssl_) == 1, "the TLS handshake");
    exchange("EHLO bench.example\r\n", 1);
    exchange("AUTH PLAIN AHBvc3Rlcm4Ac2luaw==\r\n", 1);
  }

  void deliver(const std::vector<Job>& jobs) {
    exchange(envelope(jobs.front()), 3);
    for (auto job = jobs.begin(); job != jobs.end(); ++job) {
      std::string text = "To: " + job->recipient + message_;
      const bool last = job + 1 == jobs.end();
      if (!last) text += envelope(job[1]);
      exchange(text, last ? 1 : 4);
    }
  }

 private:
  static std::string message() {
    std::string text =
        "\r\nFrom: Postern <postern@bench.example>\r\nSubject: Confirm your address\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n";
    while (text.size() < kMessageBytes) text += std::string(72, 'x') + "\r\n";
    return text + ".\r\n";
  }
  static std::string envelope(const Job& job) {
    return "MAIL FROM:<postern@bench.example>\r\nRCPT TO:<" + job.recipient + ">\r\nDATA\r\n";
  }

  void exchange(std::string_view commands, std::size_t replies) {
    const int size = static_cast<int>(commands.size());
    require((ssl_ ? SSL_write(ssl_, commands.data(), size)
                  : ::send(socket_, commands.data(), commands.size(), 0)) == size,
            "writing to the mail server");
    expect(replies);
  }

  /// Reads so many replies, each of which must be positive.
  void expect(std::size_t replies) {
    while (replies > 0) {
      const auto end = input_.find("\r\n");
      if (end == std::string::npos) {
        receive();
        continue;
      }
      require(end > 3 && (input_[0] == '2' || input_[0] == '3'), input_.c_str());
      if (input_[3] == ' ') --replies;
      input_.erase(0, end + 2);
    }
  }

  void receive() {
    char bytes[4096];
    const auto received =
        ssl_ ? SSL_read(ssl_, bytes, sizeof bytes) : ::recv(socket_, bytes, sizeof bytes, 0);
    require(received > 0, "reading from the mail server");
    input_.append(bytes, static_cast<std::size_t>(received));
  }

  int socket_;
  SSL* ssl_ = nullptr;
  std::string input_;
  const std::string message_ = message();
};

void work(int amqp_port, int smtp_port) {
  Consumer consumer(amqp_port);
  MailServer server(smtp_port);
  for (;;) {
    const auto jobs = consumer.take();
    server.deliver(jobs);
    consumer.acknowledge(jobs.back());
  }
}

}  // namespace

int main(int argc, char** argv) {
  int amqp_port = 0, smtp_port = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--amqp") amqp_port = std::atoi(argv[i + 1]);
    if (option == "--smtp") smtp_port = std::atoi(argv[i + 1]);
  }
  if (argc % 2 == 0 || amqp_port == 0 || smtp_port == 0) {
    std::fprintf(stderr, "usage: bare_worker --amqp PORT --smtp PORT\n");
    return 2;
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < kConnections; ++i) threads.emplace_back(work, amqp_port, smtp_port);
  for (auto& thread : threads) thread.join();
}
