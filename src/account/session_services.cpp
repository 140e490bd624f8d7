#include "account/session_services.hpp"

#include <algorithm>
#include <functional>

#include "base/ids.hpp"
#include "base/limits.hpp"

namespace postern {

bool is_active(const Session& session, const Account& account, const SessionSettings& settings,
               TimePoint now) {
  return account.state == AccountState::kConfirmed && session.account_id == account.id &&
         session.credential_version == account.credential_version && now < session.expires_at &&
         now - session.last_used_at < settings.idle_ttl;
}

const Session* find_active(std::span<const Session> sessions, std::string_view id,
                           const Account& account, const SessionSettings& settings, TimePoint now) {
  for (const auto& session : sessions) {
    if (session.id == id && is_active(session, account, settings, now)) return &session;
  }
  return nullptr;
}

void touch(const Session& session, Duration idle_ttl, TimePoint now, SessionChanges& changes) {
  const Duration gap = std::min<Duration>(limits::kSessionTouch, idle_ttl / 8);
  if (now - session.last_used_at < gap) return;
  const auto is_it = [&](const Session& other) { return other.id == session.id; };
  const auto gone = std::find(changes.removals.begin(), changes.removals.end(), session.id);
  if (gone != changes.removals.end() || !changes.ends.empty()) return;
  const auto own = std::find_if(changes.updates.begin(), changes.updates.end(), is_it);
  if (own != changes.updates.end()) {
    own->last_used_at = now;
    return;
  }
  changes.updates.push_back(session);
  changes.updates.back().last_used_at = now;
}

Device clean(Device device) {
  auto& agent = device.user_agent;
  agent.resize(std::min(agent.size(), limits::kUserAgentBytes));
  // ASCII is enough for a program's own name. What is stored must be UTF-8, and what is shown to a
  // person must be harmless.
  const auto is_harmless = [](char c) { return c >= 0x20 && c < 0x7F; };
  std::replace_if(agent.begin(), agent.end(), std::not_fn(is_harmless), '?');
  return device;
}

Error unauthorized(std::string detail) {
  return {"unauthorized", Retry::kNever, std::move(detail)};
}

Error overloaded(std::string detail) { return {"overloaded", Retry::kLater, std::move(detail)}; }

std::string make_device_token(const AccountServices& services, const Account& account,
                              std::string device_id) {
  return services.sessions->devices.make(
      {account.id, account.email_key, account.credential_version}, std::move(device_id),
      services.clock.now());
}

}  // namespace postern
