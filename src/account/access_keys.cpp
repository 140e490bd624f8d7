#include "account/access_keys.hpp"

#include "account/signing_keys.hpp"
#include "base/limits.hpp"
#include "crypto/sealed.hpp"

namespace postern {

AccessKeys::AccessKeys(Writer& writer, const Secret& secret_key, AccessKeySettings settings,
                       const Clock& clock, Logger& log)
    : writer_(writer),
      seal_key_(signing_key_seal(secret_key)),
      settings_(std::move(settings)),
      clock_(clock),
      log_(log),
      ring_(std::make_shared<const AccessKeyRing>(std::vector<AccessKeyRing::Key>(), std::nullopt,
                                                  settings_.issuer)) {}

std::shared_ptr<const AccessKeyRing> AccessKeys::ring() const {
  const std::lock_guard lock(mutex_);
  return ring_;
}

Status AccessKeys::load() {
  return writer_.run([this](Store& store) { return read(store); });
}

Status AccessKeys::read(Store& store) {
  const TimePoint now = clock_.now();
  for (bool made = false;; made = true) {
    auto rows = store.signing_keys();
    if (!rows) return rows.error();
    std::vector<AccessKeyRing::Key> keys;
    std::optional<std::size_t> signer;
    TimePoint signs_since;
    for (const auto& row : *rows) {
      const auto state = state_of(row, settings_.token_life, now);
      if (state == SigningKeyState::kRevoked || state == SigningKeyState::kExpired) continue;
      const auto pem = open_sealed(seal_key_, row.kid, row.sealed);
      auto key = pem ? AccessKeyRing::read_key(pem->view()) : pem.error();
      if (!key) {
        log_.warn("a signing key cannot be used", {{"kid", row.kid}, {"why", key.error().cause}});
        continue;
      }
      keys.push_back(*std::move(key));
      if (state != SigningKeyState::kSigning || (signer && row.activates_at < signs_since))
        continue;
      signer = keys.size() - 1;
      signs_since = row.activates_at;
    }
    if (!signer && !made) {
      const auto rotated = rotate_signing_key(store, seal_key_, Duration::zero(), now);
      if (!rotated) return rotated.error();
      continue;
    }
    auto ring = std::make_shared<const AccessKeyRing>(std::move(keys), signer, settings_.issuer);
    const std::lock_guard lock(mutex_);
    ring_ = std::move(ring);
    return {};
  }
}

bool AccessKeys::may_reload() {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (now - reloaded_at_ < limits::kSigningKeyReloadGap) return false;
  reloaded_at_ = now;
  return true;
}

void AccessKeys::verify(const std::string& token,
                        std::function<void(Result<AccessTokenClaims>)> done) {
  const auto keys = ring();
  auto claims = keys->verify(token, clock_.now());
  if (claims || !keys->names_unknown_key(token) || !may_reload()) return done(std::move(claims));
  StoreTask task;
  task.run = [this](Store& store) { return read(store); };
  task.done = [this, token, done](Status status) {
    done(status ? ring()->verify(token, clock_.now()) : status.error());
  };
  writer_.submit(std::move(task));
}

}  // namespace postern
