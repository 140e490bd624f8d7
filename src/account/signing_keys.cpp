#include "account/signing_keys.hpp"

#include "base/limits.hpp"
#include "crypto/access_token.hpp"
#include "crypto/sealed.hpp"

namespace postern {

std::string_view to_string(SigningKeyState state) {
  switch (state) {
    case SigningKeyState::kNext:
      return "next";
    case SigningKeyState::kSigning:
      return "signing";
    case SigningKeyState::kRetired:
      return "retired";
    case SigningKeyState::kExpired:
      return "expired";
    case SigningKeyState::kRevoked:
      return "revoked";
  }
  return {};
}

SigningKeyState state_of(const SigningKey& key, Duration token_life, TimePoint now) {
  if (key.revoked_at) return SigningKeyState::kRevoked;
  if (key.retired_at && *key.retired_at <= now) {
    // Others learn of the retirement a moment later, and clocks differ.
    const auto last = *key.retired_at + token_life + limits::kSigningKeyReload + limits::kClockSkew;
    return last <= now ? SigningKeyState::kExpired : SigningKeyState::kRetired;
  }
  return key.activates_at <= now ? SigningKeyState::kSigning : SigningKeyState::kNext;
}

Secret signing_key_seal(const Secret& secret_key) { return derive_key(secret_key, "signing-key"); }

Result<std::string> rotate_signing_key(SessionStore& store, const Secret& seal_key, Duration notice,
                                       TimePoint now) {
  auto keys = store.signing_keys();
  if (!keys) return keys.error();
  const NewSigningKey made = make_signing_key();
  const SigningKey key{made.kid, "ES256", seal(seal_key, made.kid, made.private_pem.view()), now,
                       now + notice};
  for (auto& old : *keys) {
    if (old.revoked_at || (old.retired_at && *old.retired_at <= key.activates_at)) continue;
    old.retired_at = key.activates_at;
    if (auto put = store.put_signing_key(old); !put) return put.error();
  }
  if (auto put = store.put_signing_key(key); !put) return put.error();
  return key.kid;
}

Status revoke_signing_key(SessionStore& store, const Secret& seal_key, std::string_view kid,
                          TimePoint now) {
  auto keys = store.signing_keys();
  if (!keys) return keys.error();
  bool found = false;
  bool another_signs = false;
  for (auto& key : *keys) {
    if (key.kid == kid) {
      found = true;
      if (!key.revoked_at) key.revoked_at = now;
      if (auto put = store.put_signing_key(key); !put) return put;
    } else {
      another_signs |= state_of(key, {}, now) == SigningKeyState::kSigning;
    }
  }
  if (!found) return Error{"unknown_key", Retry::kNever, "there is no such key"};
  if (another_signs) return {};
  const auto made = rotate_signing_key(store, seal_key, Duration::zero(), now);
  return made ? Status{} : Status{made.error()};
}

}  // namespace postern
