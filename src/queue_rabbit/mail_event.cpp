#include "queue_rabbit/mail_event.hpp"

#include "base/limits.hpp"
#include "queue/json_writer.hpp"

namespace postern {

std::string_view mail_event_type(Settlement settlement) {
  switch (settlement) {
    case Settlement::kDone:
      return "mail.sent";
    case Settlement::kLater:
      return "mail.deferred";
    case Settlement::kDead:
      return "mail.failed";
  }
  return {};
}

std::string encode_mail_event(const Settled& settled, std::string_view event_id, TimePoint at) {
  JsonWriter json;
  json.number("v", 1)
      .text("id", event_id)
      .text("type", mail_event_type(settled.settlement))
      .text("at", to_rfc3339(at))
      .text("account_id", settled.account_id)
      .text("mail_id", settled.mail_id)
      .text("kind", settled.kind);
  if (!settled.reason.empty()) {
    json.text("reason", std::string_view(settled.reason).substr(0, limits::kReasonBytes));
  }
  return json.finish();
}

}  // namespace postern
