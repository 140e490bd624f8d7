#include "account/new_password.hpp"

namespace postern {

PasswordVerdict judge_new_password(const Secret& typed, const AccountSettings& settings,
                                   std::span<const std::string> personal) {
  const auto password = normalise_password(typed.view());
  if (!password) return {.reason = password.error().reason};
  return judge_password(password->view(), settings.password_min_length, personal,
                        settings.breached_passwords);
}

Result<std::string> hash_new_password(const Secret& typed, const AccountSettings& settings,
                                      std::span<const std::string> personal) {
  const auto password = normalise_password(typed.view());
  if (!password) return password.error();
  auto verdict = judge_password(password->view(), settings.password_min_length, personal,
                                settings.breached_passwords);
  if (!verdict.accepted) {
    return Error{
        .code = "weak_password", .retry = Retry::kNever, .reason = std::move(verdict.reason)};
  }
  return hash_password(password->view());
}

}  // namespace postern
