#include "account/refresh_chain.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/login_limits.hpp"

namespace postern {
namespace {

/// Forgets rotations whose predecessors are spent for longer than the grace.
void forget_old(std::vector<TimePoint>& rotations, TimePoint now) {
  std::erase_if(rotations, [&](TimePoint at) { return now - at > limits::kRefreshGrace; });
  // A clock that was set back has left times ahead; they count from now on.
  for (auto& at : rotations) at = std::min(at, now);
}

}  // namespace

ChainToken RefreshChain::spend(std::string_view token, TimePoint now) {
  if (hash_session_token(token) == token_hash_) return rotate(token, now);
  std::string next(token);
  const std::size_t longest = std::max<std::size_t>(rotations_.size(), 1);
  for (std::size_t steps = 1; steps <= longest; ++steps) {
    next = tokens_.successor(use_, next);
    if (hash_session_token(next) != token_hash_) continue;
    // `rotations_` tells when a predecessor was spent, counted from the end.
    const bool given_again =
        steps == 1 || now - rotations_[rotations_.size() - steps] <= limits::kRefreshGrace;
    return given_again ? ChainToken{ChainStep::kRepeated, std::move(next)} : ChainToken{};
  }
  return {};
}

ChainToken RefreshChain::rotate(std::string_view token, TimePoint now) {
  forget_old(rotations_, now);
  if (rotations_.size() >= limits::kRefreshChain) return {ChainStep::kRepeated, std::string(token)};
  rotations_.push_back(now);
  std::string next = tokens_.successor(use_, token);
  token_hash_ = hash_session_token(next);
  return {ChainStep::kRotated, std::move(next)};
}

}  // namespace postern
