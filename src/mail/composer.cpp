#include "mail/composer.hpp"

#include <array>
#include <map>
#include <stdexcept>
#include <utility>

#include "mail/link_life.hpp"
#include "mail/mail_template.hpp"
#include "mail/template_files.hpp"
#include "text/locale.hpp"
#include "text/plain_text.hpp"

namespace postern {
namespace {

constexpr const char* kFallbackLocale = "en";
/// As masked as can be, for a job that names none.
constexpr const char* kUnknownAccount = "***";
constexpr std::array kLocales{kFallbackLocale, "ru"};

struct MailTemplates {
  MailTemplate subject;
  MailTemplate text;
  MailTemplate html;
};

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw std::runtime_error("mail template " + name + " " + why);
}

std::string without_trailing_lines(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

MailTemplates load(const TemplateFiles& files, const std::string& locale, std::string_view kind,
                   const MailTemplate::FixedValues& fixed) {
  const auto make = [&](const char* extension, TemplateFormat format) {
    const std::string name = std::string(kind) + extension;
    std::string source = files.source(locale, name);
    if (format == TemplateFormat::kPlain && extension == std::string_view(".subject")) {
      source = without_trailing_lines(std::move(source));
      if (source.empty()) refuse(locale + "/" + name, "is empty");
    }
    return MailTemplate(locale + "/" + name, source, format, fixed);
  };

  MailTemplates loaded{make(".subject", TemplateFormat::kPlain),
                       make(".txt", TemplateFormat::kPlain), make(".html", TemplateFormat::kHtml)};
  const std::string name = locale + "/" + std::string(kind);
  // A subject is shown on locked screens; an email without its link leads nowhere.
  if (loaded.subject.may_have_link()) refuse(name + ".subject", "must not use {{link}}");
  if (!loaded.text.always_has_link()) refuse(name + ".txt", "does not use {{link}}");
  if (!loaded.html.always_has_link()) refuse(name + ".html", "does not use {{link}}");
  return loaded;
}

/// "Firefox, Windows, 203.0.113.7", or what is known of it.
std::string device_words(const NamedDevice& device) {
  std::string words = one_line(device.name);
  if (!words.empty() && !device.ip.empty()) words.append(", ");
  return words.append(one_line(device.ip));
}

}  // namespace

struct Composer::Impl {
  using Key = std::pair<std::string, MailKind>;

  std::map<Key, MailTemplates> templates;
};

Composer::Composer(Product product, const std::string& override_folder)
    : impl_(std::make_unique<Impl>()) {
  const TemplateFiles files(override_folder);
  for (const std::string locale : kLocales) {
    for (const MailKind kind : kMailKinds) {
      const MailTemplate::FixedValues fixed{
          {"product_name", one_line(product.name)},
          {"product_url", one_line(product.url)},
          {"support_email", one_line(product.support_email)},
          {"locale", locale},
          {"kind", std::string(to_string(kind))},
      };
      impl_->templates.emplace(Impl::Key{locale, kind},
                               load(files, locale, to_string(kind), fixed));
    }
  }
}

Composer::~Composer() = default;

Mail Composer::compose(const MailJob& job, const MailLink& link, TimePoint now) const {
  const std::string locale = match_locale(job.locale).value_or(kFallbackLocale);
  const MailTemplates& templates = impl_->templates.at({locale, job.kind});

  const std::string url = one_line(link.url);
  const std::string email = one_line(job.email);
  const std::string life = link_life_words(link.lifetime, locale);
  const std::string account =
      job.requested_by.empty() ? kUnknownAccount : one_line(job.requested_by);
  const std::string recover_url = one_line(link.recover_url);
  const std::string device = device_words(job.device);
  TemplateValues values{url, life, email, {}, account, recover_url, device};
  Mail mail;
  mail.id = job.mail_id;
  mail.kind = to_string(job.kind);
  mail.to = job.email;
  mail.locale = locale;
  mail.date = now;
  mail.subject = one_line(templates.subject.render(values));
  values.subject = mail.subject;
  mail.text = templates.text.render(values);
  mail.html = templates.html.render(values);
  return mail;
}

}  // namespace postern
