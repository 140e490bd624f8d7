#include "crypto/verified_tokens.hpp"

#include <utility>

namespace postern {

std::optional<std::string> VerifiedTokens::find(const std::string& digest) {
  const std::lock_guard lock(mutex_);
  if (const auto known = newer_.find(digest); known != newer_.end()) return known->second;
  const auto known = older_.find(digest);
  if (known == older_.end()) return std::nullopt;
  keep(digest, known->second);
  return newer_.at(digest);
}

void VerifiedTokens::put(const std::string& digest, const std::string& payload) {
  const std::lock_guard lock(mutex_);
  keep(digest, payload);
}

void VerifiedTokens::keep(const std::string& digest, std::string payload) {
  if (newer_.size() == generation_) older_ = std::exchange(newer_, {});
  newer_.insert_or_assign(digest, std::move(payload));
}

}  // namespace postern
