// A hash of text for tables whose keys clients choose: SipHash-2-4 under a random key of its own,
// so that no client can choose texts that collide.
//
// Thread contract: a const object may be used from any thread.
// Differs from one object to the next: nothing to store.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace postern {

class KeyedHash {
 public:
  KeyedHash();
  std::uint64_t operator()(std::string_view text) const;

 private:
  std::array<unsigned char, 16> key_;
};

}  // namespace postern
