// The metrics that each part of a process reports on /metrics, and their names.
//
// Thread contract: made at the start of a process; each source may then run on any thread. What a
// source was made of outlives it.
#pragma once

#include <functional>

#include "account/request_resolver.hpp"
#include "account/session_services.hpp"
#include "background/outbox_depth.hpp"
#include "background/outbox_relay.hpp"
#include "background/queue_depth.hpp"
#include "http/connection_counts.hpp"
#include "mail_smtp/relay_pool.hpp"
#include "model/delivery_outcome.hpp"
#include "store/writer.hpp"
#include "web/metrics_route.hpp"

namespace postern {

/// Of the program and the process.
MetricsSource process_metrics();
MetricsSource http_connection_metrics(std::function<ConnectionCounts()> counts);
/// Of its transactions, and of the actions that they recorded.
MetricsSource writer_metrics(const Writer& writer);
MetricsSource outbox_metrics(const OutboxDepth& depth, const Clock& clock);
/// Of accepted requests, and of what limits held back.
MetricsSource request_metrics(const RequestResolver& requests, const MailBudgets& budgets);

MetricsSource relay_metrics(const OutboxRelay& relay);
/// Of the app's exchange with the broker.
MetricsSource queue_depth_metrics(const QueueDepth& depth);
MetricsSource password_metrics(const SessionServices& services);
MetricsSource delivery_time_metrics(const DurationHistogram& times);
MetricsSource mail_metrics(std::function<OutcomeCounts()> outcomes);
MetricsSource mail_relay_metrics(RelayPool& relays);
/// Of a worker of its own.
MetricsSource mail_queue_metrics(std::function<bool()> connected);

}  // namespace postern
