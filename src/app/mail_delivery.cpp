#include "app/mail_delivery.hpp"

#include <utility>

#include "app/metrics_sources.hpp"
#include "app/wiring.hpp"

namespace postern {

MailSending::MailSending(const Config& config, std::unique_ptr<MailQueue> queue,
                         CapturedMails& captured, const Clock& clock, Logger& log)
    : signer_(make_signer(config)),
      composer_(make_composer(config)),
      builder_(config.base_url, config.token_ttl, signer_, composer_),
      relays_(make_relays(config, log)),
      worker_({builder_, clock, log, std::move(queue),
               make_mailers(config, relays_.get(), captured), relays_ ? config.mail_threads : 0}) {
  if (relays_) prober_.emplace(*relays_);
}

std::vector<MetricsSource> MailSending::metrics() const {
  std::vector<MetricsSource> sources{mail_metrics([this] { return worker_.outcomes(); })};
  sources.push_back(delivery_time_metrics(worker_.delivery_times()));
  if (relays_) sources.push_back(mail_relay_metrics(*relays_));
  return sources;
}

void MailSending::add_checks(Liveness& liveness) const {
  liveness.add_counter([this] { return worker_.queue_rounds(); });
}

MailPublishing::MailPublishing(const Config& config, Writer& writer, const Clock& clock,
                               Logger& log)
    : relay_(writer, make_publisher(config, log), clock, log),
      recorder_(writer, make_outcome_source(config, clock, log), log),
      queue_depth_(make_queue_count(config), log) {}

MailDelivery::MailDelivery(const Config& config, Role role, Writer& writer, const Clock& clock,
                           Logger& log)
    : captures_(role == Role::kRun && !config.smtp) {
  if (role == Role::kRun) {
    sending_.emplace(config, make_queue(config, writer, clock, log), captured_, clock, log);
  }
  if (!config.rabbitmq_url.empty()) publishing_.emplace(config, writer, clock, log);
}

std::function<bool()> MailDelivery::broker_connected() const {
  if (!publishing_) return {};
  return [this] { return publishing_->relay().connected(); };
}

std::vector<MetricsSource> MailDelivery::metrics() const {
  std::vector<MetricsSource> sources;
  if (sending_) {
    sources = sending_->metrics();
  } else if (publishing_) {
    // A worker in this process counts its emails itself.
    sources.push_back(mail_metrics([this] { return publishing_->outcomes(); }));
  }
  if (publishing_) {
    sources.push_back(relay_metrics(publishing_->relay()));
    sources.push_back(queue_depth_metrics(publishing_->queue_depth()));
  }
  return sources;
}

void MailDelivery::add_checks(Liveness& liveness) const {
  if (sending_) sending_->add_checks(liveness);
}

}  // namespace postern
