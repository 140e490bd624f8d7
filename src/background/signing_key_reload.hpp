// Reloads the signing keys from the database every few seconds: other processes rotate and revoke
// them.
//
// Thread contract: the constructor starts a thread, the destructor stops it. While the database is
// unavailable the keys loaded last stay in use.
#pragma once

#include "account/access_keys.hpp"
#include "base/background_thread.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"

namespace postern {

class SigningKeyReload {
 public:
  /// The references outlive it. The first reload follows after `period`.
  SigningKeyReload(AccessKeys& keys, Logger& log,
                   BackgroundThread::Time period = limits::kSigningKeyReload);
  ~SigningKeyReload() = default;
  SigningKeyReload(const SigningKeyReload&) = delete;
  SigningKeyReload& operator=(const SigningKeyReload&) = delete;

 private:
  BackgroundThread thread_;
};

}  // namespace postern
