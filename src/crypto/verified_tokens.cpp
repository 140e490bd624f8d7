#include "crypto/verified_tokens.hpp"

#include <utility>

namespace postern {

VerifiedTokens::Claims VerifiedTokens::find(const std::string& digest) {
  const std::lock_guard lock(mutex_);
  if (const auto known = newer_.find(digest); known != newer_.end()) return known->second;
  const auto known = older_.find(digest);
  if (known == older_.end()) return nullptr;
  // keep() may end the generation that it is in.
  auto claims = known->second;
  keep(digest, claims);
  return claims;
}

void VerifiedTokens::put(const std::string& digest, Claims claims) {
  const std::lock_guard lock(mutex_);
  keep(digest, std::move(claims));
}

void VerifiedTokens::keep(const std::string& digest, Claims claims) {
  if (newer_.size() == generation_) older_ = std::exchange(newer_, {});
  newer_.insert_or_assign(digest, std::move(claims));
}

}  // namespace postern
