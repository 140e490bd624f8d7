// The words that an account's password must not be made of.
//
// Thread contract: pure functions.
#pragma once

#include <string>
#include <vector>

#include "model/account.hpp"

namespace postern {

std::vector<std::string> personal_words(const Account& account, const std::string& product_name);

}  // namespace postern
