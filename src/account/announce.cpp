#include "account/announce.hpp"

#include "base/ids.hpp"
#include "queue/event_codec.hpp"

namespace postern {
namespace {

/// Names the kind of a row that holds no email.
constexpr const char* kEventKind = "event";

OutboxRow& row_for_event(Changes& changes, const Announcement& what) {
  if (!changes.outbox.empty() && !changes.outbox.back().has_event()) return changes.outbox.back();
  OutboxRow row;
  row.id = new_id(what.at);
  row.kind = kEventKind;
  row.created_at = what.at;
  row.available_at = what.at;
  row.account_id = what.account_id;
  changes.outbox.push_back(std::move(row));
  return changes.outbox.back();
}

}  // namespace

void announce(const AccountServices& services, Changes& changes, const Announcement& what) {
  if (!services.settings.publish_events) return;
  OutboxRow& row = row_for_event(changes, what);
  row.event_type = what.type;
  row.event = encode_account_event({.id = row.id,
                                    .type = std::string(what.type),
                                    .at = what.at,
                                    .account_id = std::string(what.account_id),
                                    .session_id = std::string(what.session_id)});
}

void announce_revoked(const AccountServices& services, Changes& changes,
                      std::span<const Session> sessions, std::string_view keep_id, TimePoint now) {
  for (const auto& session : sessions) {
    if (session.id == keep_id || session.expires_at <= now) continue;
    announce(services, changes, {"session.revoked", session.account_id, session.id, now});
  }
}

}  // namespace postern
