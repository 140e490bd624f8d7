// The regular work of an app: retention and the reload of signing keys.
//
// Thread contract: the constructor starts the threads, the destructor stops them.
#pragma once

#include "app/api.hpp"
#include "background/retention_steps.hpp"
#include "background/signing_key_reload.hpp"

namespace postern {

class Maintenance {
 public:
  /// `api` and `log` outlive it.
  Maintenance(const Config& config, Api& api, Logger& log)
      : retention_(retention_steps(api.accounts(), config.retention, config.unconfirmed_retention),
                   log),
        key_reload_(api.keys(), log) {}

 private:
  RetentionJob retention_;
  SigningKeyReload key_reload_;
};

}  // namespace postern
