#include "app/api.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "app/clock_notice.hpp"
#include "app/metrics_sources.hpp"
#include "app/wiring.hpp"
#include "base/limits.hpp"
#include "text/email.hpp"
#include "web/routes.hpp"

namespace postern {
namespace {

std::size_t core_count() { return std::max(1U, std::thread::hardware_concurrency()); }

WebSettings web_settings(const Config& config) {
  WebSettings settings;
  settings.secret_key = config.secret_key;
  settings.base_url = config.base_url;
  settings.product = config.product;
  settings.return_urls = config.return_urls;
  settings.cors_origins = config.cors_origins;
  return settings;
}

}  // namespace

Api::Api(const Config& config, Writer& writer, const ApiOptions& options, const Clock& clock,
         Logger& log)
    : verifier_(make_verifier(config)),
      breached_(open_breached_passwords(config)),
      hashing_(core_count(), limits::kHashQueue,
               [&log](const Error& error) { log.warn("an operation failed", error); }),
      outbox_depth_(writer, config.outbox_limit, log),
      tokens_(config.secret_key),
      keys_(writer, config.secret_key, {config.base_url, config.access_token_ttl}, clock, log),
      devices_(config.secret_key),
      accounts_(make_services(config, writer, options.captured, clock, log)),
      clients_(writer),
      oidc_{accounts_, clients_, config.base_url, derive_key(config.secret_key, kCodeKeyPurpose)},
      requests_(accounts_, log, {.alone = options.alone}) {
  add_routes(routes_, {accounts_, requests_, oidc_, web_settings(config), options.captured});
}

SessionServices Api::make_services(const Config& config, Writer& writer, CapturedMails* captured,
                                   const Clock& clock, Logger& log) {
  if (const auto loaded = keys_.load(); !loaded) {
    throw StartError("DATABASE_URL: signing keys: " + loaded.error().cause);
  }
  std::function<void(const std::string& email, MailKind kind)> mail_held;
  if (captured) {
    mail_held = [captured, &clock](const std::string& email, MailKind kind) {
      captured->note_held({email, std::string(to_string(kind)), clock.now()});
    };
  }
  const auto outbox_full = [this] {
    return outbox_depth_.full(static_cast<std::int64_t>(requests_.unresolved()));
  };
  const auto run_at = [this](Timer::Time time, std::function<void()> function) {
    timer_.run_at(time, std::move(function));
  };
  const auto token_reused = [&log](const Session& session) {
    log.warn("session ended: a spent refresh token came again",
             {{"session_id", session.id}, {"account_id", session.account_id}});
  };
  const auto login_refused = [&log](const LoginRefusal& refusal) {
    log.warn(
        "login refused",
        {{"email", mask_email(refusal.email)}, {"client", refusal.ip}, {"reason", refusal.code}});
  };
  auto settings = account_settings(config);
  if (breached_) settings.breached_passwords = &*breached_;
  const auto ceiling_reached = [&log] {
    log.warn("MAIL_LIMIT_TOTAL is reached: confirmations are held back, recoveries are sent");
  };
  // One expression: the budgets in it can be neither copied nor moved.
  return {{.writer = writer,
           .clock = clock,
           .settings = std::move(settings),
           .mail_held = std::move(mail_held),
           .ceiling_reached = ceiling_reached,
           .outbox_full = outbox_full},
          hashing_,
          verifier_,
          tokens_,
          keys_,
          devices_,
          {config.access_token_ttl, config.session_ttl, config.session_idle_ttl,
           config.login_limit_per_client},
          verify_password,
          run_at,
          token_reused,
          ClockNotice(log),
          login_refused};
}

std::vector<MetricsSource> Api::metrics() {
  return {outbox_metrics(outbox_depth_, accounts_.clock),
          request_metrics(requests_, accounts_.budgets), password_metrics(accounts_)};
}

}  // namespace postern
