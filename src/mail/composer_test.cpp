#include "mail/composer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <thread>
#include <vector>

namespace postern {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const std::string kLink = "https://accounts.example.com/set-password?token=eyJh.bGci-_&x=1";
const TimePoint kNow = from_unix_ms(1'795'359'845'000);
constexpr auto kKinds = kMailKinds;

Product product() { return {"Acme", "https://acme.example", "help@acme.example"}; }

MailJob job(MailKind kind, std::string locale) {
  MailJob made;
  made.mail_id = "019aa0c4-7c1b-7def-8123-456789abcdef";
  made.kind = kind;
  made.email = "anna@example.com";
  made.locale = std::move(locale);
  return made;
}

Mail compose(MailKind kind, const std::string& locale, Duration life = 60min) {
  return Composer(product(), "").compose(job(kind, locale), {kLink, life}, kNow);
}

std::string unescaped(std::string html) {
  for (std::size_t at = 0; (at = html.find("&amp;", at)) != std::string::npos; ++at) {
    html.replace(at, 5, "&");
  }
  return html;
}

TEST(Composer, every_email_has_its_subject) {
  const struct {
    MailKind kind;
    const char* locale;
    const char* subject;
  } cases[] = {
      {MailKind::kConfirm, "en", "Finish signing up for Acme"},
      {MailKind::kRecover, "en", "Set a new password for Acme"},
      {MailKind::kAlreadyRegistered, "en", "You already have an account at Acme"},
      {MailKind::kPasswordChanged, "en", "Your password for Acme was changed"},
      {MailKind::kConfirmEmail, "en", "Confirm your new email address for Acme"},
      {MailKind::kEmailChangeRequested, "en",
       "Email address change requested for your Acme account"},
      {MailKind::kEmailChanged, "en", "The email address of your Acme account was changed"},
      {MailKind::kEmailChanged, "ru", "Адрес электронной почты вашего аккаунта в Acme изменён"},
      {MailKind::kAccountDeleted, "en", "Your Acme account was deleted"},
      {MailKind::kPasswordChanged, "ru", "Пароль от аккаунта в Acme изменён"},
      {MailKind::kConfirmEmail, "ru", "Подтвердите новый адрес электронной почты для Acme"},
      {MailKind::kEmailChangeRequested, "ru", "Запрошена смена адреса аккаунта в Acme"},
      {MailKind::kAccountDeleted, "ru", "Ваш аккаунт в Acme удалён"},
      {MailKind::kConfirm, "ru", "Завершите регистрацию в Acme"},
      {MailKind::kRecover, "ru", "Новый пароль для Acme"},
      {MailKind::kAlreadyRegistered, "ru", "У вас уже есть аккаунт в Acme"},
  };
  for (const auto& test : cases) {
    const Mail mail = compose(test.kind, test.locale);
    EXPECT_EQ(mail.subject, test.subject);
    EXPECT_EQ(mail.id, "019aa0c4-7c1b-7def-8123-456789abcdef");
    EXPECT_EQ(mail.kind, to_string(test.kind));
    EXPECT_EQ(mail.to, "anna@example.com");
    EXPECT_EQ(mail.locale, test.locale);
    EXPECT_EQ(mail.date, kNow);
  }
}

TEST(Composer, both_parts_say_what_a_reader_needs) {
  for (const char* locale : {"en", "ru"}) {
    for (const MailKind kind : kKinds) {
      const bool has_token = kind == MailKind::kConfirm || kind == MailKind::kRecover ||
                             kind == MailKind::kConfirmEmail || kind == MailKind::kEmailChanged;
      const Mail mail = compose(kind, locale, has_token ? 60min : 0min);
      SCOPED_TRACE(locale + std::string(" ") + mail.kind);
      EXPECT_THAT(mail.text, HasSubstr("\n" + kLink + "\n"));
      EXPECT_THAT(unescaped(mail.html), HasSubstr("href=\"" + kLink + "\""));
      EXPECT_THAT(unescaped(mail.html), HasSubstr(">" + kLink + "<"));
      for (const std::string& part : {mail.text, mail.html}) {
        for (const char* said :
             {"Acme", "https://acme.example", "help@acme.example", "anna@example.com"}) {
          EXPECT_THAT(part, HasSubstr(said));
        }
        EXPECT_THAT(part, Not(HasSubstr("{{")));
        EXPECT_FALSE(std::regex_search(part, std::regex("[\\x01-\\x08]")));
        const bool says_life = part.find("60 ") != std::string::npos;
        EXPECT_EQ(says_life, has_token);
      }
    }
  }
}

TEST(Composer, the_email_that_confirms_an_address_names_the_account_that_asks) {
  auto asked = job(MailKind::kConfirmEmail, "en");
  asked.requested_by = "e***@<b>.example";
  const Mail mail = Composer(product(), "").compose(asked, {kLink, 60min}, kNow);
  EXPECT_THAT(mail.text, HasSubstr("for the Acme account e***@<b>.example."));
  EXPECT_THAT(mail.html, HasSubstr("account e***@&lt;b&gt;.example."));
  EXPECT_THAT(compose(MailKind::kConfirmEmail, "en").text, HasSubstr("for the Acme account ***."));
}

TEST(Composer, J8_a_notice_names_the_device_where_the_job_does) {
  const Composer composer(product(), "");
  const std::pair<NamedDevice, std::string> cases[] = {
      {{"Firefox, Windows", "203.0.113.7"}, ": Firefox, Windows, 203.0.113.7"},
      {{"", "2001:db8::1"}, ": 2001:db8::1"},
      {{"Safari, iPhone", ""}, ": Safari, iPhone"},
  };
  for (const MailKind kind : {MailKind::kPasswordChanged, MailKind::kEmailChangeRequested,
                              MailKind::kEmailChanged, MailKind::kAccountDeleted}) {
    for (const auto& [locale, label] : {std::pair("en", "Device"), std::pair("ru", "Устройство")}) {
      SCOPED_TRACE(std::string(to_string(kind)) + " " + locale);
      for (const auto& [device, said] : cases) {
        auto changed = job(kind, locale);
        changed.device = device;
        const Mail mail = composer.compose(changed, {kLink, 60min}, kNow);
        EXPECT_THAT(mail.text, HasSubstr("\n\n" + (label + said) + "\n\n"));
        EXPECT_THAT(mail.html, HasSubstr(">" + (label + said) + "</p>"));
      }
      const Mail silent = compose(kind, locale);
      for (const auto& part : {silent.text, silent.html}) EXPECT_THAT(part, Not(HasSubstr(label)));
      EXPECT_THAT(silent.text, Not(HasSubstr("\n\n\n")));
    }
  }
}

TEST(Composer, says_how_long_the_link_works) {
  EXPECT_THAT(compose(MailKind::kConfirm, "en").text, HasSubstr("The link works for 60 minutes."));
  EXPECT_THAT(compose(MailKind::kRecover, "ru", 21min).text,
              HasSubstr("Ссылка действует 21 минуту."));
  EXPECT_THAT(compose(MailKind::kConfirm, "en", 0min).text, Not(HasSubstr("The link works")));
  EXPECT_THAT(compose(MailKind::kConfirm, "en", 0min).html, Not(HasSubstr("The link works")));
}

TEST(Composer, another_language_gets_english) {
  for (const char* locale : {"", "de", "xx-YY", "../ru", "en-GB"}) {
    EXPECT_EQ(compose(MailKind::kRecover, locale).locale, "en");
  }
  EXPECT_EQ(compose(MailKind::kRecover, "ru-RU").locale, "ru");
}

TEST(Composer, what_is_not_set_is_not_mentioned) {
  const Composer composer({"Acme", "", ""}, "");
  for (const char* locale : {"en", "ru"}) {
    const Mail mail = composer.compose(job(MailKind::kConfirm, locale), {kLink, 60min}, kNow);
    EXPECT_THAT(mail.html, Not(HasSubstr("mailto:")));
    EXPECT_THAT(mail.html, Not(HasSubstr("href=\"\"")));
    EXPECT_THAT(mail.text, Not(HasSubstr("Questions")));
    EXPECT_THAT(mail.text, Not(HasSubstr("вопросы")));
    EXPECT_TRUE(mail.text.ends_with("anna@example.com.\n"));
  }
}

TEST(Composer, M7_html_escapes_what_comes_from_outside) {
  const Composer composer({"<b>A&\"'", "https://x/?\"><script>", "a\"@b"}, "");
  for (const char* locale : {"en", "ru"}) {
    for (const MailKind kind : kKinds) {
      MailJob hostile = job(kind, locale);
      hostile.email = "\"><script>alert(1)</script>@example.com";
      const Mail mail = composer.compose(hostile, {"https://x/\"onclick='1'<", 60min}, kNow);
      EXPECT_THAT(mail.html, Not(HasSubstr("<script>")));
      EXPECT_THAT(mail.html, Not(HasSubstr("<b>A")));
      EXPECT_THAT(mail.html, Not(HasSubstr("\"onclick")));
      EXPECT_THAT(mail.html, HasSubstr("&lt;b&gt;A&amp;&quot;&#39;"));
      EXPECT_EQ(mail.to, hostile.email) << "refused by to_mime, not mended here";
    }
  }
}

TEST(Composer, M7_no_value_adds_a_line_to_text_or_subject) {
  const std::string injected = "x\r\n\r\nEve: https://evil.example\n\x0b\u2028y";
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  const Composer clean({"x", "x", "x"}, "");
  const Composer hostile({injected, injected, injected}, "");
  for (const char* locale : {"en", "ru"}) {
    for (const MailKind kind : kKinds) {
      MailJob plain = job(kind, locale);
      MailJob bad = plain;
      bad.email = injected;
      const Mail expected = clean.compose(plain, {"x", 60min}, kNow);
      const Mail mail = hostile.compose(bad, {injected, 60min}, kNow);
      EXPECT_EQ(lines(mail.text), lines(expected.text));
      EXPECT_EQ(lines(mail.subject), 0);
      EXPECT_FALSE(std::regex_search(mail.text + mail.subject + mail.html,
                                     std::regex("[\\x01-\\x09\\x0b-\\x1f]")));
      EXPECT_THAT(mail.text, Not(HasSubstr("\u2028")));
    }
  }
}

TEST(Composer, H3_emails_load_nothing_and_run_nothing) {
  for (const char* locale : {"en", "ru"}) {
    for (const MailKind kind : kKinds) {
      const std::string html = compose(kind, locale).html;
      for (const char* loaded : {"<img", "<link", "<script", "<iframe", "src=", "url(", "@import",
                                 "@font-face", "javascript:", "background=\""}) {
        EXPECT_THAT(html, Not(HasSubstr(loaded)));
      }
      EXPECT_THAT(html, HasSubstr("<html lang=\"" + std::string(locale) + "\">"));
      EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
      EXPECT_LT(html.size(), 16U * 1024) << "mail programs cut off long emails";
    }
  }
}

TEST(Composer, may_be_used_from_several_threads) {
  const Composer composer(product(), "");
  const Mail expected = composer.compose(job(MailKind::kConfirm, "ru"), {kLink, 60min}, kNow);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const Mail mail = composer.compose(job(MailKind::kConfirm, "ru"), {kLink, 60min}, kNow);
        EXPECT_EQ(mail.html, expected.html);
        EXPECT_EQ(mail.text, expected.text);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace postern
