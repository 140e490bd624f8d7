// What the parts of a process tell on /metrics, under which names.
//
// Thread contract: made at the start of a process; each source may then run on any thread. What a
// source was made of outlives it.
#pragma once

#include <functional>

#include "account/request_resolver.hpp"
#include "crypto/hash_pool.hpp"
#include "http/connection_counts.hpp"
#include "mail_smtp/relay_pool.hpp"
#include "model/delivery_outcome.hpp"
#include "relay/outbox_relay.hpp"
#include "store/outbox_depth.hpp"
#include "store/writer.hpp"
#include "web/metrics_route.hpp"

namespace postern {

web::MetricsSource process_metrics();
web::MetricsSource http_connection_metrics(std::function<http::ConnectionCounts()> counts);
web::MetricsSource writer_metrics(const Writer& writer);
web::MetricsSource outbox_metrics(const OutboxDepth& depth);
/// Of accepted requests, and of what limits held back.
web::MetricsSource request_metrics(const RequestResolver& requests, const MailBudgets& budgets);

web::MetricsSource relay_metrics(const OutboxRelay& relay);
web::MetricsSource hash_metrics(const HashPool& pool);
web::MetricsSource mail_metrics(std::function<OutcomeCounts()> outcomes);
web::MetricsSource mail_relay_metrics(RelayPool& relays);
/// Of a worker of its own.
web::MetricsSource mail_queue_metrics(std::function<bool()> connected);

}  // namespace postern
