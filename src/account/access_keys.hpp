// The signing keys of the access tokens as this process knows them: loaded from the database, and
// loaded again from time to time, since others rotate and revoke them.
//
// Thread contract: all members may be called from any thread; load() not from the writer's.
// A key counts only when its private half opens under SECRET_KEY: a row that was written into
// the table without that key signs and verifies nothing.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "crypto/access_token.hpp"
#include "store/writer.hpp"

namespace postern {

struct AccessKeySettings {
  /// BASE_URL
  std::string issuer;
  /// How long an access token lives.
  Duration token_life{};
};

class AccessKeys {
 public:
  AccessKeys(Writer& writer, const Secret& secret_key, AccessKeySettings settings,
             const Clock& clock, Logger& log);

  /// Reads the keys, and makes the first one where none signs.
  Status load();
  std::shared_ptr<const AccessKeyRing> ring() const;
  /// A token of an unknown key makes it look for newer keys first. `done` from any thread.
  void verify(const std::string& token, std::function<void(Result<AccessTokenClaims>)> done);

 private:
  Status read(Store& store);
  bool may_reload();

  Writer& writer_;
  const Secret seal_key_;
  const AccessKeySettings settings_;
  const Clock& clock_;
  Logger& log_;
  mutable std::mutex mutex_;
  std::shared_ptr<const AccessKeyRing> ring_;
  std::chrono::steady_clock::time_point reloaded_at_;
};

}  // namespace postern
