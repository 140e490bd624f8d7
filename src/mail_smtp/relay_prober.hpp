// Finds out when a relay that is held back may be used again: connects, says EHLO, does TLS and
// AUTH, and quits. Jobs wait meanwhile and are spent on none of it.
//
// Thread contract: owns one thread for each relay, so that none waits for another's time-outs; they
// sleep while their relay is well. The destructor ends probes that are under way.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "mail_smtp/relay_pool.hpp"

namespace postern {

class RelayProber {
 public:
  /// `relays` outlives the prober.
  explicit RelayProber(RelayPool& relays);
  ~RelayProber();
  RelayProber(const RelayProber&) = delete;
  RelayProber& operator=(const RelayProber&) = delete;

 private:
  void probe(std::size_t relay);

  RelayPool& relays_;
  std::atomic<bool> ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace postern
