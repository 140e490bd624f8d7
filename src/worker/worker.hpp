// The mail loop: take a job ─► mint its token ─► render the letter ─► send it ─► settle.
//
// Delivery has three ends only: done, later, never. A job that cannot be read, is out of time, or
// that the recipient's server refuses for good is a dead letter with its reason; everything else
// that fails comes again.
//
// Thread contract: all members may be called from any thread. Each thread of the worker has a queue
// and a mailer of its own, so that a slow server holds up one of them only.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/signal.hpp"
#include "crypto/mail_token.hpp"
#include "mail/composer.hpp"
#include "mail/mailer.hpp"
#include "queue/mail_queue.hpp"
#include "worker/letter_writer.hpp"
#include "worker/recently_sent.hpp"

namespace postern {

struct WorkerSettings {
  /// Without a trailing slash.
  std::string base_url;
  Duration token_ttl = std::chrono::minutes(60);
  std::size_t threads = 1;
};

struct WorkerParts {
  const MailTokenSigner& signer;
  const Composer& composer;
  const Clock& clock;
  Logger& log;
  std::function<std::unique_ptr<MailQueue>()> make_queue;
  std::function<std::unique_ptr<Mailer>()> make_mailer;
};

class Worker {
 public:
  /// Starts the threads. What the parts refer to outlives the worker.
  Worker(WorkerSettings settings, WorkerParts parts);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Ends each thread after the letter in its hands; what it has not begun goes back.
  void stop();

 private:
  struct Lane;

  void loop(Lane& lane);
  void deliver(Lane& lane, const std::vector<Delivery>& deliveries);
  void settle(Lane& lane, std::vector<Settled>& settled);
  Settled process(Lane& lane, const Delivery& delivery);
  DeliveryReport write_and_send(Lane& lane, const MailJob& job);

  WorkerSettings settings_;
  WorkerParts parts_;
  LetterWriter letters_;
  Signal stop_signal_;
  std::atomic<bool> stopping_ = false;
  RecentlySent recently_sent_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace postern
