// The chain of a refresh token: each token yields its successor, and only the last one is stored.
//
// Thread contract: plain values; changes the fields that it refers to.
// Answers are lost, and tabs refresh together, so a predecessor still yields the chain's last token
// in two cases: its own successor was never used (whenever it comes again), or it was spent within
// limits::kRefreshGrace. What follows a token is derived from it, so the way to the last token is
// walked, not stored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "crypto/session_token.hpp"

namespace postern {

enum class ChainStep {
  /// The last token came, and there is a new one.
  kRotated,
  /// The last token is given again; nothing changed.
  kRepeated,
  /// A token that was spent earlier: one of two who have it has stolen it.
  kReused,
};

struct ChainToken {
  ChainStep step = ChainStep::kReused;
  /// Empty for a reused token.
  std::string token = {};
};

class RefreshChain {
 public:
  /// `token_hash` is the last token's, `rotations` as a session's; both outlive it.
  RefreshChain(const SessionTokens& tokens, SessionTokenUse use, std::string& token_hash,
               std::vector<TimePoint>& rotations)
      : tokens_(tokens), use_(use), token_hash_(token_hash), rotations_(rotations) {}

  /// `token` was made here for this use.
  ChainToken spend(std::string_view token, TimePoint now);

 private:
  ChainToken rotate(std::string_view token, TimePoint now);

  const SessionTokens& tokens_;
  SessionTokenUse use_;
  std::string& token_hash_;
  std::vector<TimePoint>& rotations_;
};

}  // namespace postern
