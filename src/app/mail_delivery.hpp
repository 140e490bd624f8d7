// The way of an email through a process: outbox relay and worker, and the outcomes back.
//
// Thread contract: for the start of a process; the members may then be called from any thread. The
// destructors finish what is in flight.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "app/config.hpp"
#include "app/liveness.hpp"
#include "background/delivery_recorder.hpp"
#include "background/outbox_relay.hpp"
#include "background/queue_depth.hpp"
#include "mail_capture/captured_mails.hpp"
#include "mail_smtp/relay_pool.hpp"
#include "mail_smtp/relay_prober.hpp"
#include "web/metrics_route.hpp"
#include "worker/worker.hpp"

namespace postern {

/// The worker and what it renders and sends emails with.
class MailSending {
 public:
  /// Without SMTP_HOST, emails are kept in `captured`. The references outlive it.
  MailSending(const Config& config, std::unique_ptr<MailQueue> queue, CapturedMails& captured,
              const Clock& clock, Logger& log);

  bool queue_connected() const { return worker_.queue_connected(); }
  std::vector<MetricsSource> metrics() const;
  void add_checks(Liveness& liveness) const;

 private:
  MailTokenSigner signer_;
  Composer composer_;
  MessageBuilder builder_;
  // nullptr without SMTP_HOST.
  std::unique_ptr<RelayPool> relays_;
  std::optional<RelayProber> prober_;
  Worker worker_;
};

/// The app's exchange with the broker: jobs and events out, outcomes in.
class MailPublishing {
 public:
  /// RABBITMQ_URL is set. The references outlive it.
  MailPublishing(const Config& config, Writer& writer, const Clock& clock, Logger& log);

  const OutboxRelay& relay() const { return relay_; }
  OutcomeCounts outcomes() const { return recorder_.outcomes(); }
  const QueueDepth& queue_depth() const { return queue_depth_; }

 private:
  OutboxRelay relay_;
  DeliveryRecorder recorder_;
  QueueDepth queue_depth_;
};

/// Both, as far as the app's role and RABBITMQ_URL ask for them. The outbox relay stops before the
/// worker.
class MailDelivery {
 public:
  MailDelivery(const Config& config, Role role, Writer& writer, const Clock& clock, Logger& log);

  /// nullptr: emails are sent.
  CapturedMails* captured() { return captures_ ? &captured_ : nullptr; }
  /// Empty where the outbox table is the queue.
  std::function<bool()> broker_connected() const;
  std::vector<MetricsSource> metrics() const;
  void add_checks(Liveness& liveness) const;

 private:
  const bool captures_;
  CapturedMails captured_;
  std::optional<MailSending> sending_;
  std::optional<MailPublishing> publishing_;
};

}  // namespace postern
