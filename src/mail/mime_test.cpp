#include "mail/mime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;

const Sender kSender{"Postern", "no-reply@example.com"};

Mail make_mail() {
  Mail mail;
  mail.id = "019aa0c4-7c1b-7def-8123-456789abcdef";
  mail.kind = "confirm";
  mail.to = "anna@example.org";
  mail.locale = "en";
  mail.subject = "Finish signing up";
  mail.text = "Hello\n";
  mail.html = "<p>Hello</p>\n";
  mail.date = from_unix_ms(1'795'359'845'999);
  return mail;
}

std::string to_text(const Mail& mail, const Sender& sender = kSender) {
  const auto message = to_mime(mail, sender);
  EXPECT_TRUE(message);
  return message ? *message : std::string();
}

TEST(Mime, the_whole_message) {
  EXPECT_EQ(to_text(make_mail()),
            "Date: Sun, 22 Nov 2026 15:04:05 +0000\r\n"
            "From: Postern <no-reply@example.com>\r\n"
            "To: anna@example.org\r\n"
            "Subject: Finish signing up\r\n"
            "Message-ID: <019aa0c4-7c1b-7def-8123-456789abcdef@example.com>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "X-Auto-Response-Suppress: All\r\n"
            "Content-Language: en\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: multipart/alternative;\r\n"
            " boundary=\"=_019aa0c4-7c1b-7def-8123-456789abcdef\"\r\n"
            "\r\n"
            "--=_019aa0c4-7c1b-7def-8123-456789abcdef\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "Hello\r\n"
            "\r\n"
            "--=_019aa0c4-7c1b-7def-8123-456789abcdef\r\n"
            "Content-Type: text/html; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "<p>Hello</p>\r\n"
            "\r\n"
            "--=_019aa0c4-7c1b-7def-8123-456789abcdef--\r\n");
}

TEST(Mime, the_sender_is_written_as_its_name_needs) {
  const struct {
    Sender sender;
    std::string header;
  } cases[] = {
      {{"", "a@b.example"}, "\r\nFrom: a@b.example\r\n"},
      {{"Acme Co", "a@b.example"}, "\r\nFrom: Acme Co <a@b.example>\r\n"},
      {{"Acme, Inc.", "a@b.example"}, "\r\nFrom: \"Acme, Inc.\" <a@b.example>\r\n"},
      {{"A \"B\" \\", "a@b.example"}, "\r\nFrom: \"A \\\"B\\\" \\\\\" <a@b.example>\r\n"},
      {{"Ёж", "a@b.example"}, "\r\nFrom: =?UTF-8?B?0IHQtg==?=\r\n <a@b.example>\r\n"},
      {{"=?x", "a@b.example"}, "\r\nFrom: =?UTF-8?B?PT94?=\r\n <a@b.example>\r\n"},
  };
  for (const auto& test : cases)
    EXPECT_THAT(to_text(make_mail(), test.sender), HasSubstr(test.header));
}

TEST(Mime, no_locale_no_content_language) {
  Mail mail = make_mail();
  mail.locale.clear();
  EXPECT_THAT(to_text(mail), Not(HasSubstr("Content-Language")));
}

TEST(Mime, a_date_has_two_digits_everywhere) {
  Mail mail = make_mail();
  mail.date = from_unix_ms(1'767'582'062'000);
  EXPECT_THAT(to_text(mail), HasSubstr("Date: Mon, 05 Jan 2026 03:01:02 +0000\r\n"));
}

TEST(Mime, M1_controls_are_refused_in_whatever_becomes_a_header) {
  const std::string bad[] = {
      "x\r\nBcc: eve@example.com",
      "x\ny",
      "x\ry",
      std::string("x\0y", 3),
      "x\x1by",
      "x\x7fy",
      "x\u0085y",
      "x\u2028y",
      "x\xffy",
  };
  for (const std::string& text : bad) {
    Mail subject = make_mail();
    subject.subject = text;
    Mail to = make_mail();
    to.to = text + "@example.com";
    Mail domain = make_mail();
    domain.to = "a@" + text;
    Mail id = make_mail();
    id.id = text;
    Mail locale = make_mail();
    locale.locale = text;
    for (const Mail& mail : {subject, to, domain, id, locale}) {
      const auto refused = to_mime(mail, kSender);
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code, "bad_mail");
      EXPECT_EQ(refused.error().retry, Retry::kNever);
      EXPECT_THAT(refused.error().cause, Not(HasSubstr("eve")));
    }
    EXPECT_FALSE(to_mime(make_mail(), {text, "a@example.com"}));
    EXPECT_FALSE(to_mime(make_mail(), {"Postern", text + "@example.com"}));
  }
}

TEST(Mime, M1_one_recipient_and_nothing_else) {
  for (const char* to :
       {"", "@", "a@", "@b.example", "a@b.example, c@d.example", "a@b@c.example", "<a@b.example>",
        "A <a@b.example>", "\"a\"@b.example", "a b@c.example", "a@b.example;c@d.example",
        "a(x)@b.example", "a@[127.0.0.1]", "анна@b.example"}) {
    Mail mail = make_mail();
    mail.to = to;
    EXPECT_FALSE(to_mime(mail, kSender)) << to;
  }
  Mail mail = make_mail();
  mail.to = std::string(250, 'a') + "@b.example";
  EXPECT_FALSE(to_mime(mail, kSender));
  mail.to = "o'neil+tag/x=y@xn--e1afmkfd.example";
  EXPECT_TRUE(to_mime(mail, kSender));
}

TEST(Mime, M1_an_id_fits_a_message_id_and_a_boundary) {
  for (const std::string id : {"", "a b", "a>b", "a\"b", "a@b", "a.b"}) {
    Mail mail = make_mail();
    mail.id = id;
    EXPECT_FALSE(to_mime(mail, kSender)) << id;
  }
  Mail mail = make_mail();
  mail.id = std::string(64, 'x');
  EXPECT_TRUE(to_mime(mail, kSender));
  mail.id = std::string(65, 'x');
  EXPECT_FALSE(to_mime(mail, kSender));
}

TEST(ParseSender, reads_a_setting) {
  const struct {
    std::string_view text;
    std::string_view name;
    std::string_view address;
  } cases[] = {
      {"no-reply@example.com", "", "no-reply@example.com"},
      {"<no-reply@example.com>", "", "no-reply@example.com"},
      {" no-reply@example.com ", "", "no-reply@example.com"},
      {"Postern <no-reply@example.com>", "Postern", "no-reply@example.com"},
      {"Acme, Inc. <no-reply@Example.COM>", "Acme, Inc.", "no-reply@example.com"},
      {"\"Acme, Inc.\" <no-reply@example.com>", "Acme, Inc.", "no-reply@example.com"},
      {"Ёж и Ко <no-reply@example.com>", "Ёж и Ко", "no-reply@example.com"},
  };
  for (const auto& test : cases) {
    const auto sender = parse_sender(test.text);
    ASSERT_TRUE(sender) << test.text;
    EXPECT_EQ(sender->name, test.name);
    EXPECT_EQ(sender->address, test.address);
  }
}

TEST(ParseSender, M1_M2_refuses_everything_else) {
  const std::string long_name(201, 'x');
  for (const std::string& text :
       {std::string(), std::string("Postern"), std::string("Postern <>"),
        std::string("<a@b.example"), std::string("a@b.example>"),
        std::string("A <a@b.example> <c@d.example>"), std::string("a@b.example, c@d.example"),
        std::string("A \"B\" C <a@b.example>"), std::string("A\r\nBcc: x <a@b.example>"),
        std::string("A <a@b.example>\n"), std::string("A\tB <a@b.example>"),
        long_name + " <a@b.example>"}) {
    const auto refused = parse_sender(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, "invalid_email");
  }
}

TEST(Sender, M1_an_encoded_name_is_decoded_once) {
  const std::pair<std::string, std::string> cases[] = {
      {"=?UTF-8?B?0J/RgNC40LzQtdGA?= <no-reply@example.com>", "Пример"},
      {"\"=?UTF-8?B?0J/RgNC40LzQtdGA?=\" <no-reply@example.com>", "Пример"},
      {"=?utf-8?Q?Caf=C3=A9?= =?utf-8?Q?_Noir?= <no-reply@example.com>", "Café Noir"},
      {"Plain Name <no-reply@example.com>", "Plain Name"}};
  for (const auto& [text, name] : cases) {
    const auto sender = parse_sender(text);
    ASSERT_TRUE(sender) << text;
    EXPECT_EQ(sender->name, name);
    EXPECT_EQ(sender->address, "no-reply@example.com");
  }
  EXPECT_FALSE(parse_sender("=?UTF-8?Q?a=0D=0ABcc:_x?= <no-reply@example.com>"));
  EXPECT_FALSE(parse_sender("=?UTF-8?Q?a=3Cb=3E?= <no-reply@example.com>"));
}

}  // namespace
}  // namespace postern
