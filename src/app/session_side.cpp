#include "app/session_side.hpp"

#include "app/wiring.hpp"

namespace postern {

SessionSide::SessionSide(const Config& config, Writer& writer, const Clock& clock, Logger& log)
    : tokens_(config.secret_key),
      keys_(writer, config.secret_key, {config.base_url, config.access_token_ttl}, clock, log),
      devices_(config.secret_key),
      services_{tokens_,
                keys_,
                devices_,
                {config.access_token_ttl, config.session_ttl, config.session_idle_ttl}} {
  services_.run_at = [this](Timer::Time time, std::function<void()> function) {
    timer_.run_at(time, std::move(function));
  };
  services_.token_reused = [&log](const Session& session) {
    log.warn("session ended: a spent refresh token came again",
             {{"session_id", session.id}, {"account_id", session.account_id}});
  };
  if (const auto loaded = keys_.load(); !loaded) {
    throw StartError("DATABASE_URL: signing keys: " + loaded.error().cause);
  }
}

}  // namespace postern
