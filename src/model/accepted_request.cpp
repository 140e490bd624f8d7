#include "model/accepted_request.hpp"

namespace postern {

std::string_view to_string(RequestAction action) {
  return action == RequestAction::kRegister ? "register" : "recover-password";
}

std::optional<RequestAction> parse_request_action(std::string_view text) {
  for (const auto action : {RequestAction::kRegister, RequestAction::kRecoverPassword}) {
    if (to_string(action) == text) return action;
  }
  return std::nullopt;
}

}  // namespace postern
