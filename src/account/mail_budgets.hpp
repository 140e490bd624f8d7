// The limits of emails that an unauthenticated client can cause, beyond those that an account keeps
// itself: by recipient, mailbox, recipient's domain, client network and in total; and what is a
// burst.
//
//   recipient   every address that has no account of its own to count by
//   mailbox     plus tags and dots lead to one mailbox: the local part without them
//   domain      many addresses, one catch-all mailbox or one mail server
//   client      one network asks for many recipients
//   total       many networks ask for many recipients; recoveries count, and are not held back
//   burst       not refused, but of bulk priority: a client's, or all clients', beyond a small
//   burst
//
// Kept in memory and by each app for itself: these are coarse. What an owner depends on, the
// recovery email, is limited by the account's own row alone (mail_request.cpp).
// Thread contract: everything but counts() belongs to the writer's thread; counts() from any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "account/keyed_rate.hpp"
#include "base/clock.hpp"

namespace postern {

struct MailRates {
  /// An email needs room in every rate of a list; an empty list is no limit.
  std::vector<Rate> recipient = {};
  std::vector<Rate> mailbox = {};
  std::vector<Rate> domain = {};
  std::vector<Rate> client = {};
  std::vector<Rate> total = {};
};

enum class MailLimit { kNone, kRecipient, kMailbox, kDomain, kClient, kTotal };
inline constexpr std::size_t kMailLimitCount = 6;

/// As in metrics and in the audit: none, recipient, mailbox, domain, client, total.
std::string_view to_string(MailLimit limit);

/// Of the limits that an email was held back by, how often each.
using MailLimitCounts = std::array<std::uint64_t, kMailLimitCount>;

/// One requested email.
struct MailAsked {
  /// In its canonical form (EmailAddress::key).
  std::string_view email_key;
  std::string_view client;
  /// Counted by the account's own row: the recipient's rate does not apply.
  bool has_account = false;
};

class MailBudgets {
 public:
  explicit MailBudgets(const MailRates& rates);

  /// Counts the email in every limit when each has room, else in none and says which one has not.
  MailLimit take(const MailAsked& asked, TimePoint now);
  /// An email that the account's own row limits, and that no limit of these holds back.
  void count_recovery(TimePoint now);
  /// Whether this confirmation is beyond its client's burst, or beyond that of all clients; counts
  /// it.
  bool is_bulk(std::string_view client, TimePoint now);

  /// Emails held back by an account's own limit.
  void note_held(MailLimit limit) { ++held_[static_cast<std::size_t>(limit)]; }
  MailLimitCounts held() const;
  /// Confirmations that were of bulk priority.
  std::uint64_t bulk() const { return bulk_; }

 private:
  struct Family {
    MailLimit limit;
    KeyedRates rates;
  };
  std::array<Family, 5> families_;
  KeyedRates client_burst_;
  KeyedRates burst_;
  std::array<std::atomic<std::uint64_t>, kMailLimitCount> held_ = {};
  std::atomic<std::uint64_t> bulk_ = 0;
};

/// "a.n.na+x@googlemail.com" gives "anna@gmail.com": where tags and dots are ignored, all of these
/// are one mailbox. Elsewhere some are not, which is why its limit is a coarse one.
std::string mailbox_of(std::string_view email_key);

}  // namespace postern
