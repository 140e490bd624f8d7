#include "model/account.hpp"

namespace postern {

std::string_view to_string(AccountState state) {
  switch (state) {
    case AccountState::kUnconfirmed:
      return "unconfirmed";
    case AccountState::kConfirmed:
      return "confirmed";
    case AccountState::kDisabled:
      return "disabled";
  }
  return {};
}

std::optional<AccountState> parse_account_state(std::string_view text) {
  for (const auto state :
       {AccountState::kUnconfirmed, AccountState::kConfirmed, AccountState::kDisabled}) {
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

}  // namespace postern
