#include "model/mail_status.hpp"

namespace postern {

std::string_view to_string(MailState state) {
  switch (state) {
    case MailState::kQueued:
      return "queued";
    case MailState::kDeferred:
      return "deferred";
    case MailState::kSent:
      return "sent";
    case MailState::kFailed:
      return "failed";
  }
  return {};
}

}  // namespace postern
