// The account operations of an app and the public routes in front of them.
//
// Thread contract: for the start of a process; the routes may then be called from any thread. The
// destructor resolves the accepted requests.
#pragma once

#include <optional>
#include <vector>

#include "account/request_resolver.hpp"
#include "account/session_services.hpp"
#include "app/config.hpp"
#include "background/outbox_depth.hpp"
#include "base/timer.hpp"
#include "crypto/breached_passwords.hpp"
#include "crypto/hash_pool.hpp"
#include "http/router.hpp"
#include "mail_capture/captured_mails.hpp"
#include "oidc/oidc_services.hpp"
#include "web/metrics_route.hpp"

namespace postern {

struct ApiOptions {
  /// No other server uses the database.
  bool alone = false;
  /// Emails that are captured in this process; nullptr: they are sent.
  CapturedMails* captured = nullptr;
};

class Api {
 public:
  /// Loads the signing keys, and makes the first one; throws StartError when it cannot. The
  /// references outlive it.
  Api(const Config& config, Writer& writer, const ApiOptions& options, const Clock& clock,
      Logger& log);
  ~Api() = default;
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  const Router& routes() const { return routes_; }
  AccountServices& accounts() { return accounts_; }
  AccessKeys& keys() { return keys_; }
  /// Of the outbox, the accepted requests and the passwords.
  std::vector<MetricsSource> metrics();

 private:
  SessionServices make_services(const Config& config, Writer& writer, CapturedMails* captured,
                                const Clock& clock, Logger& log);

  MailTokenVerifier verifier_;
  std::optional<BreachedPasswords> breached_;
  HashPool hashing_;
  OutboxDepth outbox_depth_;
  SessionTokens tokens_;
  AccessKeys keys_;
  DeviceTokens devices_;
  SessionServices accounts_;
  Clients clients_;
  OidcServices oidc_;
  // Its destructor runs what still waits, which refers to the services.
  Timer timer_;
  RequestResolver requests_;
  Router routes_;
};

}  // namespace postern
