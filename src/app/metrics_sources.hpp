// The metrics that each part of a process reports on /metrics, and their names.
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

MetricsSource process_metrics();
MetricsSource http_connection_metrics(std::function<ConnectionCounts()> counts);
MetricsSource writer_metrics(const Writer& writer);
MetricsSource outbox_metrics(const OutboxDepth& depth);
/// Of accepted requests, and of what limits held back.
MetricsSource request_metrics(const RequestResolver& requests, const MailBudgets& budgets);

MetricsSource relay_metrics(const OutboxRelay& relay);
MetricsSource hash_metrics(const HashPool& pool);
MetricsSource mail_metrics(std::function<OutcomeCounts()> outcomes);
MetricsSource mail_relay_metrics(RelayPool& relays);
/// Of a worker of its own.
MetricsSource mail_queue_metrics(std::function<bool()> connected);

}  // namespace postern
