#include "account/personal_words.hpp"

namespace postern {

std::vector<std::string> personal_words(const Account& account, const std::string& product_name) {
  const auto at = account.email.rfind('@');
  std::vector<std::string> words{account.email, account.email.substr(0, at),
                                 account.email.substr(at + 1), product_name};
  if (!account.display_name.empty()) words.push_back(account.display_name);
  return words;
}

}  // namespace postern
