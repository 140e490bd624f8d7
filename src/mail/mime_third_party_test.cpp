// Messages as Python's email package reads them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "mail/composer.hpp"
#include "mail/mime.hpp"

namespace postern {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

struct Message {
  Mail mail;
  Sender sender;
};

std::string times(std::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) repeated.append(text);
  return repeated;
}

const std::string kLongLink = "https://example.com/set-password?token=" + times("eyJ0-=_.&x", 180);

std::vector<Message> composed() {
  const Composer composer({"Ёж & «Co»", "https://example.com", "help@example.com"}, "");
  std::vector<Message> messages;
  for (const char* locale : {"en", "ru"}) {
    for (const MailKind kind :
         {MailKind::kConfirm, MailKind::kRecover, MailKind::kAlreadyRegistered}) {
      MailJob job;
      job.mail_id = "id-" + std::to_string(messages.size());
      job.kind = kind;
      job.email = "o'neil+tag@example.org";
      job.locale = locale;
      const MailLink link{kLongLink, std::chrono::minutes(60)};
      messages.push_back({composer.compose(job, link, from_unix_ms(1'795'359'845'000)),
                          {"Ёж & «Co»", "no-reply@example.com"}});
    }
  }
  return messages;
}

/// Texts that are easily damaged on the way.
std::vector<Message> contrived() {
  const std::string bodies[] = {
      "",
      "\n",
      "one line without an end",
      ".\n..\n.hidden\nFrom here\n>From there\n",
      times("long ", 400) + "\n" + times("x", 3000) + "\n" + times("=", 300),
      "blank at the end \nand a tab\t\n \n\t",
      "--=_x\n--=_x--\nContent-Type: text/html\n\n=3D =\n",
      times("Съешь же ещё этих мягких французских булок. ", 60) + "\n.\n",
      times("🚪👩‍👩‍👧é", 200),
      "mostly ASCII with a few: naïve, Ёж, 日本\n" + times("x", 200),
  };
  const std::string subjects[] = {
      "Plain",
      "",
      times("very long words ", 30) + "end",
      times("x", 300),
      "Подтвердите адрес, чтобы завершить регистрацию в сервисе «Ёж и Ко»",
      times("🚪", 60),
      "=?UTF-8?B?aGk=?=",
      " leading and trailing ",
      "a: b; c, <d> \"e\" \\f",
      "é",
  };
  const std::string names[] = {"",
                               "Postern",
                               "Acme, Inc.",
                               "A \"quoted\" \\ name",
                               "Ёж",
                               times("имя ", 20) + "я",
                               "=?x?=",
                               "a@b.example",
                               "O'Neil & Co (x)",
                               times("n", 120)};
  std::vector<Message> messages;
  for (std::size_t i = 0; i < std::size(bodies); ++i) {
    Mail mail;
    mail.id = "x";
    mail.to = "anna@example.org";
    mail.locale = "ru";
    mail.subject = subjects[i];
    mail.text = bodies[i];
    mail.html = bodies[std::size(bodies) - 1 - i];
    mail.date = from_unix_ms(1'795'359'845'000);
    messages.push_back({mail, {names[i], "no-reply@xn--e1afmkfd.example"}});
  }
  return messages;
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "postern-mime-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

json::object read_with_python(const std::vector<Message>& messages) {
  const Folder folder;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto text = to_mime(messages[i].mail, messages[i].sender);
    EXPECT_TRUE(text) << i;
    if (text)
      std::ofstream(folder.path() / (std::to_string(i) + ".eml"), std::ios::binary) << *text;
  }
  const fs::path result = folder.path() / "read.json";
  const std::string command = "/usr/bin/python3 '" POSTERN_SOURCE_DIR
                              "/tests/third_party/parse_messages.py' '" +
                              folder.path().string() + "' > '" + result.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << "python3 is needed";
  std::ifstream file(result);
  return json::parse(std::string(std::istreambuf_iterator<char>(file), {})).as_object();
}

std::string text_at(const json::value& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

void expect_part(const json::value& part, const std::string& type, const std::string& content) {
  EXPECT_EQ(text_at(part, "type"), type);
  EXPECT_EQ(text_at(part, "charset"), "utf-8");
  EXPECT_EQ(text_at(part, "content"), content);
}

void expect_same(const json::value& read, const Message& message) {
  const Mail& mail = message.mail;
  EXPECT_EQ(json::serialize(read.at("defects")), "[]");
  EXPECT_EQ(text_at(read, "subject"), mail.subject);
  EXPECT_EQ(text_at(read, "from_name"), message.sender.name);
  EXPECT_EQ(text_at(read, "from_address"), message.sender.address);
  EXPECT_EQ(json::serialize(read.at("to")), "[\"" + mail.to + "\"]");
  EXPECT_EQ(text_at(read, "date"), "2026-11-22T15:04:05+00:00");

  const json::value& headers = read.at("headers");
  EXPECT_EQ(read.at("header_count").as_int64(), 10);
  EXPECT_EQ(text_at(headers, "content-language"), mail.locale);
  EXPECT_EQ(text_at(headers, "auto-submitted"), "auto-generated");
  EXPECT_EQ(text_at(headers, "x-auto-response-suppress"), "All");
  EXPECT_EQ(text_at(headers, "mime-version"), "1.0");
  const std::string domain = message.sender.address.substr(message.sender.address.find('@'));
  EXPECT_EQ(text_at(headers, "message-id"), "<" + mail.id + domain + ">");

  const json::array& parts = read.at("parts").as_array();
  ASSERT_EQ(parts.size(), 2U);
  expect_part(parts[0], "text/plain", mail.text);
  expect_part(parts[1], "text/html", mail.html);
}

TEST(MimeThirdParty, M8_python_reads_what_was_written) {
  std::vector<Message> messages = composed();
  for (Message& message : contrived()) messages.push_back(std::move(message));

  const json::object read = read_with_python(messages);

  ASSERT_EQ(read.size(), messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    SCOPED_TRACE(i);
    const json::value& one = read.at(std::to_string(i) + ".eml");
    expect_same(one, messages[i]);
    EXPECT_LE(one.at("longest_line").as_int64(), 78);
    EXPECT_FALSE(one.at("bare_line_ends").as_bool());
    EXPECT_TRUE(one.at("only_ascii").as_bool());
  }
}

}  // namespace
}  // namespace postern
