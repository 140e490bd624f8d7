// Changing what an account says about its owner.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "account/signed_in.hpp"

namespace postern {

struct ProfileChange {
  /// "en" or "ru".
  std::optional<std::string> locale;
  /// At most limits::kDisplayNameBytes, without controls: checked by the caller.
  std::optional<std::string> display_name;
  RequestContext context;
};

/// `done` gets the account as it is now. Error: unauthorized.
void change_profile(SessionServices& services, const Credentials& credentials, ProfileChange change,
                    std::function<void(Result<Account>)> done);

}  // namespace postern
