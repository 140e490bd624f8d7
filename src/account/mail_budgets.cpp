#include "account/mail_budgets.hpp"

#include <algorithm>
#include <optional>

#include "base/request_limits.hpp"

namespace postern {
namespace {

/// The one key of the total.
constexpr std::string_view kAll = "all";

std::string_view domain_of(std::string_view email_key) {
  return email_key.substr(email_key.rfind('@') + 1);
}

}  // namespace

std::string_view to_string(MailLimit limit) {
  switch (limit) {
    case MailLimit::kNone:
      break;
    case MailLimit::kRecipient:
      return "recipient";
    case MailLimit::kMailbox:
      return "mailbox";
    case MailLimit::kDomain:
      return "domain";
    case MailLimit::kClient:
      return "client";
    case MailLimit::kTotal:
      return "total";
  }
  return "none";
}

std::string mailbox_of(std::string_view email_key) {
  const auto at = email_key.rfind('@');
  const std::string_view local = email_key.substr(0, at);
  std::string mailbox(local.substr(0, local.find('+')));
  std::erase(mailbox, '.');
  const std::string_view domain = domain_of(email_key);
  mailbox.append("@").append(domain == "googlemail.com" ? "gmail.com" : domain);
  return mailbox;
}

MailBudgets::MailBudgets(const MailRates& rates)
    : families_{{{MailLimit::kRecipient, {rates.recipient, limits::kMailBudgetKeys}},
                 {MailLimit::kMailbox, {rates.mailbox, limits::kMailBudgetKeys}},
                 {MailLimit::kDomain, {rates.domain, limits::kMailBudgetKeys}},
                 {MailLimit::kClient, {rates.client, limits::kMailBudgetKeys}},
                 {MailLimit::kTotal, {rates.total, 1}}}},
      client_burst_({{limits::kClientBurst, limits::kBurstWindow}}, limits::kMailBudgetKeys),
      burst_({{limits::kMailBurst, limits::kBurstWindow}}, 1) {}

MailLimit MailBudgets::take(const MailAsked& asked, TimePoint now) {
  const std::string mailbox = mailbox_of(asked.email_key);
  // In the order of families_; an empty key is not counted.
  const std::array<std::string_view, 5> names{
      asked.has_account ? std::string_view() : asked.email_key, mailbox, domain_of(asked.email_key),
      asked.client, kAll};
  std::array<std::optional<RateKey>, 5> keys;
  for (std::size_t i = 0; i < families_.size(); ++i) {
    if (names[i].empty()) continue;
    keys[i] = families_[i].rates.key_of(names[i]);
    if (families_[i].rates.has_room(*keys[i], now)) continue;
    note_held(families_[i].limit);
    return families_[i].limit;
  }
  for (std::size_t i = 0; i < families_.size(); ++i) {
    if (keys[i]) families_[i].rates.count(*keys[i], now);
  }
  return MailLimit::kNone;
}

void MailBudgets::count_recovery(TimePoint now) {
  KeyedRates& total = families_.back().rates;
  const RateKey key = total.key_of(kAll);
  // Not beyond the limit: what is held back then has room again after a window at the latest.
  if (total.has_room(key, now)) total.count(key, now);
}

bool MailBudgets::is_bulk(std::string_view client, TimePoint now) {
  const RateKey key = client_burst_.key_of(client);
  constexpr RateKey kEveryone = 1;
  const bool beyond = !client_burst_.has_room(key, now) || !burst_.has_room(kEveryone, now);
  if (beyond) {
    ++bulk_;
    return true;
  }
  client_burst_.count(key, now);
  burst_.count(kEveryone, now);
  return false;
}

MailLimitCounts MailBudgets::held() const {
  MailLimitCounts counts{};
  std::copy(held_.begin(), held_.end(), counts.begin());
  return counts;
}

}  // namespace postern
