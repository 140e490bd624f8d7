#include "app/keys_command.hpp"

#include <boost/json.hpp>
#include <cstdio>

#include "account/signing_keys.hpp"
#include "app/data_folder.hpp"
#include "app/transact.hpp"
#include "base/limits.hpp"

namespace postern {
namespace {

Secret seal_of(const Config& config) {
  return signing_key_seal(config.secret_key.empty() ? stored_secret_key() : config.secret_key);
}

boost::json::object describe(const SigningKey& key, Duration token_life, TimePoint now) {
  boost::json::object described{{"kid", key.kid},
                                {"algorithm", key.algorithm},
                                {"state", to_string(state_of(key, token_life, now))},
                                {"created_at", to_rfc3339(key.created_at)},
                                {"activates_at", to_rfc3339(key.activates_at)}};
  if (key.retired_at) described["retired_at"] = to_rfc3339(*key.retired_at);
  if (key.revoked_at) described["revoked_at"] = to_rfc3339(*key.revoked_at);
  return described;
}

void say(bool json, const boost::json::object& data, const std::string& text) {
  std::printf("%s\n", json ? boost::json::serialize(data).c_str() : text.c_str());
}

}  // namespace

void list_keys(const Config& config, bool json) {
  std::vector<SigningKey> keys;
  transact(config, [&](Store& store) -> Status {
    auto found = store.signing_keys();
    if (!found) return found.error();
    keys = *std::move(found);
    return {};
  });
  const TimePoint now = SystemClock().now();
  boost::json::array described;
  for (const auto& key : keys) described.push_back(describe(key, config.access_token_ttl, now));
  if (json) {
    std::printf("%s\n", boost::json::serialize(described).c_str());
    return;
  }
  for (const auto& key : keys) {
    std::printf("%s  %-8s %s  signs from %s\n", key.kid.c_str(),
                std::string(to_string(state_of(key, config.access_token_ttl, now))).c_str(),
                key.algorithm.c_str(), to_rfc3339(key.activates_at).c_str());
  }
}

void rotate_keys(const Config& config, bool at_once, bool json) {
  const Duration notice = at_once ? Duration::zero() : Duration(limits::kSigningKeyNotice);
  const Secret seal_key = seal_of(config);
  const TimePoint now = SystemClock().now();
  std::string kid;
  transact(config, [&](Store& store) -> Status {
    auto rotated = rotate_signing_key(store, seal_key, notice, now);
    if (!rotated) return rotated.error();
    kid = *std::move(rotated);
    return {};
  });
  const std::string from = to_rfc3339(now + notice);
  say(json, {{"kid", kid}, {"activates_at", from}}, kid + " is published, and signs from " + from);
}

void revoke_key(const Config& config, const std::string& kid, bool json) {
  const Secret seal_key = seal_of(config);
  transact(config, [&](Store& store) {
    return revoke_signing_key(store, seal_key, kid, SystemClock().now());
  });
  say(json, {{"kid", kid}, {"state", "revoked"}}, kid + " is revoked");
}

}  // namespace postern
