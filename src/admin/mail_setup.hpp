// The configuration of the mail commands. Plain data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "mail/composer.hpp"
#include "mail_smtp/smtp_options.hpp"
#include "queue_rabbit/rabbit_options.hpp"

namespace postern {

struct MailSetup {
  /// Nothing: the outbox table is the queue.
  std::optional<RabbitOptions> broker;
  /// Empty: there is no database here.
  std::string database_url;
  /// Why there is none, for the operator.
  std::string missing_database = {};
  /// Without a trailing slash.
  std::string base_url;
  Duration token_ttl{};
  Product product;
  std::string mail_templates;
  /// In order of preference; none: emails are captured.
  std::vector<SmtpOptions> relays;
};

}  // namespace postern
