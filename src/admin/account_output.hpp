// Accounts as `postern accounts` shows them: lines for people, JSON for programs.
//
// Thread contract: pure functions.
// Shows no password hash.
#pragma once

#include <span>
#include <string>

#include "account/read_accounts.hpp"

namespace postern {

/// A line each, under a heading.
std::string accounts_as_text(std::span<const Account> accounts, const ExternalIds& external_ids);
/// `next`: what to list after for more; empty: there is no more.
std::string accounts_as_json(std::span<const Account> accounts, const ExternalIds& external_ids,
                             const std::string& next);

std::string account_as_text(const AccountDetails& view);
std::string account_as_json(const AccountDetails& view);

/// Where the account is logged in: no token, and no hash of one.
std::string sessions_as_text(const AccountDetails& view);
std::string sessions_as_json(const AccountDetails& view);

}  // namespace postern
