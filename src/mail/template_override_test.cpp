// Templates of one's own, as MAIL_TEMPLATES gives them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "base/limits.hpp"
#include "mail/composer.hpp"

namespace postern {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class TemplateOverride : public testing::Test {
 protected:
  TemplateOverride() {
    std::string name = (fs::temp_directory_path() / "postern-mail-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
  }
  ~TemplateOverride() override { fs::remove_all(folder_); }

  void put(const std::string& name, const std::string& content) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }

  Mail compose(MailKind kind, const std::string& locale) const {
    MailJob job;
    job.mail_id = "x";
    job.kind = kind;
    job.email = "anna@example.com";
    job.locale = locale;
    return Composer({}, folder_.string()).compose(job, {"https://l/", 60min}, TimePoint());
  }

  std::string refusal() const {
    try {
      const Composer composer({}, folder_.string());
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "accepted";
  }

  fs::path folder_;
};

TEST_F(TemplateOverride, one_file_replaces_one_part) {
  const Mail built_in = compose(MailKind::kConfirm, "en");
  put("en/confirm.txt", "Hello {{email}}: {{link}} {{link_life}} {{kind}} {{locale}}\n");
  put("en/confirm.subject", "Welcome to {{product_name}}\n");

  const Mail mail = compose(MailKind::kConfirm, "en");

  EXPECT_EQ(mail.text, "Hello anna@example.com: https://l/ 60 minutes confirm en\n");
  EXPECT_EQ(mail.subject, "Welcome to Postern");
  EXPECT_THAT(mail.html, HasSubstr("<title>Welcome to Postern</title>"));
  EXPECT_THAT(built_in.html, HasSubstr("One step left"));
  EXPECT_THAT(mail.html, HasSubstr("One step left"));
  EXPECT_THAT(compose(MailKind::kConfirm, "ru").text, Not(HasSubstr("Hello")));
}

TEST_F(TemplateOverride, a_partial_is_replaced_in_all_emails) {
  put("shared/end.html", "<i>THE END</i>");
  put("ru/foot.txt", "Подвал\n");
  for (const char* locale : {"en", "ru"}) {
    for (const MailKind kind : kMailKinds) {
      EXPECT_THAT(compose(kind, locale).html, HasSubstr("<i>THE END</i>"));
      EXPECT_EQ(compose(kind, locale).text.ends_with("Подвал\n"), locale == std::string("ru"));
    }
  }
}

TEST_F(TemplateOverride, files_of_another_system_are_read) {
  put("en/recover.txt", "\xEF\xBB\xBFHello\r\n{{link}}\r\n");
  put("en/recover.subject", "Hi\r\n");
  const Mail mail = compose(MailKind::kRecover, "en");
  EXPECT_EQ(mail.text, "Hello\nhttps://l/\n");
  EXPECT_EQ(mail.subject, "Hi");
}

TEST_F(TemplateOverride, M1_a_subject_of_two_lines_becomes_one) {
  put("en/recover.subject", "Hi\nBcc: eve@example.com\n");
  EXPECT_EQ(compose(MailKind::kRecover, "en").subject, "Hi Bcc: eve@example.com");
}

TEST_F(TemplateOverride, a_file_that_cannot_be_used_stops_the_start) {
  const struct {
    const char* name;
    std::string content;
    const char* refusal;
  } cases[] = {
      {"en/confirm.html", "{{#link_life}}", "mail template en/confirm.html does not parse"},
      {"en/confirm.txt", "{{link", "mail template en/confirm.txt does not parse"},
      {"ru/recover.html", "{{link}} {{lnik}}", "ru/recover.html uses {{lnik}}"},
      {"en/confirm.html", "no link", "en/confirm.html does not use {{link}}"},
      {"en/confirm.txt", "{{#link_life}}{{link}}{{/link_life}}", "does not use {{link}}"},
      {"en/confirm.subject", "Go: {{link}}", "en/confirm.subject must not use {{link}}"},
      {"en/confirm.subject", "\n", "en/confirm.subject is empty"},
      {"en/confirm.html", "{{link}}{{> nowhere}}", "shared/nowhere.html does not exist"},
      {"en/confirm.html", "{{link}}{{> foot", "has a partial that is not closed"},
      {"en/confirm.html", "{{link}}{{> ../../secret}}", "does not exist"},
      {"shared/end.html", "{{> end}}", "nested too deep"},
      {"shared/end.html", std::string(limits::kTemplateBytes, 'x'), "too large"},
      {"en/confirm.html", std::string(limits::kTemplateBytes + 1, 'x'), "is over 262144 bytes"},
      {"en/confirm.html", "{{link}}\xff", "is not UTF-8"},
      {"en/confirm.txt", "{{link}}\x1b", "control character"},
  };
  for (const auto& test : cases) {
    put(test.name, test.content);
    EXPECT_THAT(refusal(), HasSubstr(test.refusal));
    fs::remove(folder_ / test.name);
  }
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(TemplateOverride, a_folder_in_place_of_a_file_stops_the_start) {
  fs::create_directories(folder_ / "en/confirm.html");
  EXPECT_THAT(refusal(), HasSubstr("cannot be read"));
}

TEST_F(TemplateOverride, a_folder_that_is_not_there_stops_the_start) {
  fs::remove_all(folder_);
  EXPECT_THAT(refusal(), HasSubstr("is not a folder"));
}

}  // namespace
}  // namespace postern
