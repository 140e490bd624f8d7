// Proof of work: how a browser gets past its network's spent request limit without waiting.
//
//   challenge   expiry (u32) · random id (8 bytes) · tag (12 bytes), in base64url
//   proof       the challenge, a dot and a decimal number n, so that SHA-256("challenge.n") begins
//               with as many zero bits as are asked for; it comes back as a cookie
//
// A challenge belongs to the network that it was given to, for limits::kWorkLife, and its proof is
// good for limits::kWorkUses requests. The network has a second limit of the same size for requests
// with a proof: computing gives no more than that.
//
// Thread contract: all members may be called from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "crypto/secret.hpp"
#include "http/client_address.hpp"

namespace postern {

/// Of a refused request: "challenge; bits=number".
inline constexpr const char* kWorkHeader = "Postern-Challenge";

class WorkProofs {
 public:
  using Time = std::chrono::sys_seconds;

  /// Several apps with one key accept each other's challenges. An empty key: there are none.
  WorkProofs(Secret key, unsigned bits);

  bool enabled() const { return !key_.empty(); }
  unsigned bits() const { return bits_; }
  std::string challenge(const IpAddress& client, Time now) const;
  /// Whether the proof is one for this client's network; counts its use.
  bool accept(std::string_view proof, const IpAddress& client, Time now);

 private:
  struct Use {
    Time expires_at;
    unsigned count = 0;
  };

  std::string tag(const IpAddress& client, std::string_view expiry_and_id) const;
  bool count_use(std::uint64_t id, Time expires_at, Time now);

  const Secret key_;
  const unsigned bits_;
  std::mutex mutex_;
  /// By the random id, which the tag protects: no client chooses it.
  std::unordered_map<std::uint64_t, Use> uses_;
};

/// The cookie's value in the request; empty when there is none, or more than one.
std::string_view work_proof_of(std::string_view cookie_header);

}  // namespace postern
