// Tokens whose signature was checked, so that a program that brings the same token with every
// request pays for its signature once.
//
// Thread contract: all members may be called from any thread.
// Keeps no token, only its SHA-256 and its claims. A known token has a right signature and whole
// claims of our issuer. The caller checks its times, audience and session with each use.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace postern {

struct AccessTokenClaims;

class VerifiedTokens {
 public:
  using Claims = std::shared_ptr<const AccessTokenClaims>;

  /// Keeps the last `generation` tokens that were used, and at most twice as many.
  explicit VerifiedTokens(std::size_t generation) : generation_(generation) {}

  /// Of the token with this SHA-256; nullptr: it is not known.
  Claims find(const std::string& digest);
  void put(const std::string& digest, Claims claims);

 private:
  void keep(const std::string& digest, Claims claims);

  const std::size_t generation_;
  std::mutex mutex_;
  /// What is used moves to `newer_`; when that is full, what is left in `older_` goes.
  std::unordered_map<std::string, Claims> newer_, older_;
};

}  // namespace postern
