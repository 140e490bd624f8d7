// The mailer against a server that others wrote: aiosmtpd, with STARTTLS and AUTH required.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "mail_smtp/mailer_fixture_test.hpp"

namespace postern {
namespace {

using namespace std::chrono_literals;

/// The server as a process of its own; ends when its standard input is closed.
class ForeignServer {
 public:
  explicit ForeignServer(std::vector<std::string> arguments) {
    int input[2] = {-1, -1};
    int output[2] = {-1, -1};
    EXPECT_EQ(::pipe2(input, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(output, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    arguments.insert(arguments.begin(),
                     {"/usr/bin/python3",
                      std::string(POSTERN_SOURCE_DIR) + "/src/mail_smtp/aiosmtpd_server.py"});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    EXPECT_EQ(::posix_spawn(&process_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    to_server_ = input[1];
    from_server_ = output[0];
  }

  ~ForeignServer() {
    ::close(to_server_);
    ::close(from_server_);
    if (process_ > 0) ::waitpid(process_, nullptr, 0);
  }

  /// The next line that the server prints; empty when none comes in time.
  std::string next_line() {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (unread_.find('\n') == std::string::npos) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd waiting{from_server_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return {};
      char bytes[4096];
      const ssize_t received = ::read(from_server_, bytes, sizeof bytes);
      if (received <= 0) return {};
      unread_.append(bytes, static_cast<std::size_t>(received));
    }
    const std::size_t end = unread_.find('\n');
    std::string line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    return line;
  }

 private:
  pid_t process_ = -1;
  int to_server_ = -1;
  int from_server_ = -1;
  std::string unread_;
};

class AiosmtpdTest : public SmtpMailerTest, public testing::WithParamInterface<const char*> {
 protected:
  AiosmtpdTest()
      : files_(certificates_.issue({})),
        server_({files_.certificate, files_.key, "postern", "correct horse", GetParam()}) {}

  SmtpOptions options() {
    SmtpOptions made;
    made.host = "localhost";
    const std::string ready = server_.next_line();
    EXPECT_TRUE(ready.starts_with("{\"port\": ")) << "aiosmtpd does not start: " << ready;
    if (ready.size() > 9) made.port = static_cast<std::uint16_t>(std::stoi(ready.substr(9)));
    made.user = "postern";
    made.password = Secret("correct horse");
    made.ca_file = certificates_.ca_file();
    made.sender = {"Postern", "no-reply@example.com"};
    made.helo_name = "postern.example.com";
    return made;
  }

  CertificateFiles files_;
  ForeignServer server_;
};

TEST_P(AiosmtpdTest, M8_emails_arrive_as_they_were_written) {
  MailerWithRelays mailer(options());
  Mail mail = make_mail();
  mail.subject = "Пароль для Postern";
  mail.text = ".\n..leading dots\nПривет\n.\nlast line\n";
  for (int i = 0; i < 3; ++i) {
    const DeliveryReport report = mailer.send(mail);
    ASSERT_EQ(report.outcome, DeliveryOutcome::kSent) << report.reason;
    const std::string line = server_.next_line();
    EXPECT_NE(line.find(R"("tls": true)"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("user": "postern")"), std::string::npos);
    EXPECT_NE(line.find(R"("sender": "no-reply@example.com")"), std::string::npos);
    EXPECT_NE(line.find(R"("recipients": ["reader@example.net"])"), std::string::npos);
    EXPECT_NE(line.find(R"("message_id": "<)" + mail.id + "@example.com>\""), std::string::npos);
    EXPECT_NE(line.find(R"("defects": [])"), std::string::npos);
    EXPECT_NE(line.find(R"("subject": "Пароль для Postern")"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("text": ".\n..leading dots\nПривет\n.\nlast line\n")"),
              std::string::npos)
        << line;
  }
}

TEST_P(AiosmtpdTest, R6_a_refused_recipient_harms_no_other_delivery) {
  MailerWithRelays mailer(options());
  const DeliveryReport refused = mailer.send(make_mail("unknown@example.net"));
  EXPECT_EQ(refused.outcome, DeliveryOutcome::kFailed);
  EXPECT_EQ(refused.reason, "RCPT: 550 5.1.1 [address] no such user");
  EXPECT_EQ(mailer.send(make_mail()).outcome, DeliveryOutcome::kSent);
}

TEST_P(AiosmtpdTest, probe_with_the_right_and_the_wrong_password) {
  SmtpOptions chosen = options();
  EXPECT_TRUE(probe_relay(chosen));
  chosen.password = Secret("wrong");
  const Status refused = probe_relay(chosen);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "smtp_auth");
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, AiosmtpdTest, testing::Values("PLAIN", "LOGIN"));

}  // namespace
}  // namespace postern
