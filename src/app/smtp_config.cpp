#include "app/smtp_config.hpp"

#include <cstdint>

#include "app/smtp_login.hpp"
#include "http/loopback.hpp"
#include "mail_smtp/helo_name.hpp"
#include "mail_smtp/relay_list.hpp"

namespace postern {
namespace {

constexpr std::uint16_t kImplicitTlsPort = 465;

std::string read_helo_name(const SettingReader& read, const Config& config) {
  if (!read.has("SMTP_HELO_NAME")) return usual_helo_name(config.base_url);
  std::string name = read.text("SMTP_HELO_NAME");
  if (!is_helo_name(name)) {
    throw SettingError("SMTP_HELO_NAME",
                       "wants the domain name of this machine, such as mail.example.com");
  }
  return name;
}

void read_relays(const SettingReader& read, const SmtpOptions& smtp, Config& config) {
  if (!read.has("SMTP_RELAYS")) return;
  auto relays = parse_relays(read.text("SMTP_RELAYS"), smtp);
  if (!relays) SettingReader::refuse("SMTP_RELAYS", relays.error().cause);
  config.smtp_relays = *std::move(relays);
  for (const auto& relay : config.smtp_relays) {
    if (relay.tls == SmtpTls::kNone && !is_loopback_host(relay.host)) {
      config.warnings.push_back("SMTP_RELAYS: emails to " + relay.host +
                                " cross the network in plain text");
    }
  }
}

}  // namespace

void read_smtp(const SettingReader& read, Config& config) {
  config.mail_templates = read.text("MAIL_TEMPLATES");
  if (!read.has("SMTP_HOST")) {
    for (const auto* name : {"SMTP_PORT", "SMTP_USER", "SMTP_PASSWORD", "SMTP_AUTH",
                             "SMTP_OAUTH_TOKEN_URL", "SMTP_TLS", "SMTP_RELAYS"}) {
      if (read.has(name))
        SettingReader::refuse("SMTP_HOST", std::string("is missing, but ") + name + " is set");
    }
    return;
  }
  SmtpOptions smtp;
  smtp.host = read.host("SMTP_HOST");
  const bool implicit_port = read.number("SMTP_PORT", 587) == kImplicitTlsPort;
  smtp.tls = read.choice("SMTP_TLS", implicit_port ? SmtpTls::kImplicit : SmtpTls::kStartTls,
                         {{"starttls", SmtpTls::kStartTls},
                          {"implicit", SmtpTls::kImplicit},
                          {"none", SmtpTls::kNone}});
  const std::uint64_t usual_port = smtp.tls == SmtpTls::kImplicit ? kImplicitTlsPort
                                   : smtp.tls == SmtpTls::kNone   ? 25
                                                                  : 587;
  smtp.port = static_cast<std::uint16_t>(read.number("SMTP_PORT", usual_port));
  read_smtp_login(read, smtp);
  if (smtp.tls == SmtpTls::kNone && !is_loopback_host(smtp.host)) {
    config.warnings.emplace_back("SMTP_TLS=none: emails cross the network in plain text");
  }
  smtp.ca_file = read.file_path("SMTP_CA_FILE");
  smtp.helo_name = read_helo_name(read, config);

  const auto from = read.text("MAIL_FROM", read.text("SMTP_USER"));
  if (from.empty()) SettingReader::refuse("MAIL_FROM", "is missing: the sender of every email");
  const auto sender = parse_sender(from);
  if (!sender) SettingReader::refuse("MAIL_FROM", "wants an address, or NAME <address>");
  config.mail_from = *sender;
  if (config.mail_from.name.empty()) config.mail_from.name = config.product.name;
  smtp.sender = config.mail_from;
  read_relays(read, smtp, config);
  config.smtp = std::move(smtp);
}

}  // namespace postern
