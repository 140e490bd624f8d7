#include "app/metrics_sources.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <string>
#include <utility>

#include "app/version.hpp"

namespace postern {
namespace {

void gauge(MetricsText& text, std::string_view name, std::string_view help, double value) {
  text.begin(name, "gauge", help);
  text.sample(value);
}

void counter(MetricsText& text, std::string_view name, std::string_view help, std::uint64_t value) {
  text.begin(name, "counter", help);
  text.sample(static_cast<double>(value));
}

/// proc(5): the second field of /proc/self/statm, in pages.
double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// User and system time, getrusage(2).
double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double entries_of(const char* folder) {
  std::error_code missing;
  const auto entries = std::filesystem::directory_iterator(folder, missing);
  return static_cast<double>(std::distance(entries, std::filesystem::directory_iterator()));
}

double max_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

/// proc(5): field 22 of /proc/self/stat is when the process began, in ticks after the boot; btime
/// of /proc/stat is when that was.
double start_time_s() {
  std::ifstream stat("/proc/self/stat");
  std::string line;
  std::getline(stat, line);
  // The name of the program, in brackets, may hold anything.
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  constexpr int kFieldsBefore = 19;
  std::string skipped;
  for (int i = 0; i < kFieldsBefore; ++i) fields >> skipped;
  double ticks = 0;
  fields >> ticks;
  std::ifstream system("/proc/stat");
  double boot_s = 0;
  while (std::getline(system, line)) {
    if (line.starts_with("btime ")) boot_s = std::stod(line.substr(6));
  }
  return boot_s + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

MetricsSource process_metrics() {
  return [started_s = start_time_s()](MetricsText& text) {
    text.begin("postern_build_info", "gauge", "The version of the program.");
    text.sample({{"version", kVersion}, {"commit", kCommit}}, 1);
    gauge(text, "process_resident_memory_bytes", "Resident memory.", resident_bytes());
    gauge(text, "process_start_time_seconds", "When the process began, since 1970.", started_s);
    text.begin("process_cpu_seconds_total", "counter", "User and system CPU time.");
    text.sample(cpu_seconds());
    gauge(text, "process_open_fds", "Open file descriptors.", entries_of("/proc/self/fd"));
    gauge(text, "process_max_fds", "The limit of open file descriptors.", max_descriptors());
    gauge(text, "process_threads", "Threads.", entries_of("/proc/self/task"));
  };
}

MetricsSource http_connection_metrics(std::function<ConnectionCounts()> counts) {
  return [counts = std::move(counts)](MetricsText& text) {
    const auto seen = counts();
    gauge(text, "postern_http_connections", "Open connections of clients.",
          static_cast<double>(seen.open));
    text.begin(
        "postern_http_connections_refused_total", "counter",
        "Connections that found no room: of their client's share (client), or at all (total).");
    text.sample({{"cap", "client"}}, static_cast<double>(seen.refused_client));
    text.sample({{"cap", "total"}}, static_cast<double>(seen.refused_total));
    text.begin("postern_http_connections_evicted_total", "counter",
               "Connections closed to make room, by what they were waiting for.");
    text.sample({{"phase", "keep_alive"}}, static_cast<double>(seen.evicted_keep_alive));
    text.sample({{"phase", "request"}}, static_cast<double>(seen.evicted_request));
    text.sample({{"phase", "response"}}, static_cast<double>(seen.evicted_response));
  };
}

MetricsSource writer_metrics(const Writer& writer) {
  return [&writer](MetricsText& text) {
    text.begin("postern_writer_batch_size", "summary", "Operations and tasks in a transaction.");
    text.sample({}, static_cast<double>(writer.items()), "_sum");
    text.sample({}, static_cast<double>(writer.batches()), "_count");
    text.begin("postern_account_actions_total", "counter",
               "Entries of the audit trail by what was done and what came of it.");
    for (const auto& [action, outcome, count] : writer.actions().all()) {
      text.sample({{"action", action}, {"outcome", outcome}}, static_cast<double>(count));
    }
  };
}

MetricsSource outbox_metrics(const OutboxDepth& depth, const Clock& clock) {
  return [&depth, &clock](MetricsText& text) {
    const auto rows = std::max<std::int64_t>(depth.rows(), 0);
    gauge(text, "postern_outbox_rows", "Emails and events that wait in the database.",
          static_cast<double>(rows));
    gauge(text, "postern_outbox_full", "1 while requests for emails are refused (OUTBOX_LIMIT).",
          depth.full() ? 1 : 0);
    const OutboxBacklog backlog = depth.backlog();
    const auto overdue = clock.now() - backlog.oldest_due.value_or(clock.now());
    gauge(text, "postern_outbox_overdue_seconds", "How long the row waits that became due first.",
          std::max(std::chrono::duration<double>(overdue).count(), 0.0));
    gauge(text, "postern_outbox_dead_letters", "Dead letters in the database.",
          static_cast<double>(backlog.dead));
  };
}

MetricsSource request_metrics(const RequestResolver& requests, const MailBudgets& budgets) {
  return [&requests, &budgets](MetricsText& text) {
    gauge(text, "postern_requests_unresolved", "Accepted requests that are not resolved yet.",
          static_cast<double>(requests.unresolved()));
    text.begin("postern_mail_limited_total", "counter", "Emails not sent because of a limit.");
    const auto held = budgets.held();
    for (const auto limit : {MailLimit::kRecipient, MailLimit::kMailbox, MailLimit::kDomain,
                             MailLimit::kClient, MailLimit::kTotal}) {
      text.sample({{"limit", std::string(to_string(limit))}},
                  static_cast<double>(held[static_cast<std::size_t>(limit)]));
    }
    counter(text, "postern_mail_bulk_total", "Confirmations beyond a burst: sent after others.",
            budgets.bulk());
  };
}

MetricsSource relay_metrics(const OutboxRelay& relay) {
  return [&relay](MetricsText& text) {
    gauge(text, "postern_relay_connected", "1 while the broker takes what is published.",
          relay.connected() ? 1 : 0);
    counter(text, "postern_relay_published_total", "Outbox rows that the broker confirmed.",
            relay.published());
    counter(text, "postern_relay_returned_total", "Outbox rows that the broker refused; they stay.",
            relay.returned());
  };
}

MetricsSource password_metrics(const SessionServices& services) {
  return [&services](MetricsText& text) {
    gauge(text, "postern_hash_queue_length", "Passwords that wait for a thread of the hash pool.",
          static_cast<double>(services.hashing.queue_length()));
    counter(text, "postern_password_attempts_limited_total",
            "Passwords refused unseen because of earlier failures.", services.attempts_limited);
  };
}

MetricsSource queue_depth_metrics(const QueueDepth& depth) {
  return [&depth](MetricsText& text) {
    const auto counts = depth.counts();
    if (!counts) return;
    text.begin("postern_mail_queue_messages", "gauge", "Emails in the broker's queues.");
    text.sample({{"state", "waiting"}}, static_cast<double>(counts->waiting));
    const auto retry = std::accumulate(counts->retry.begin(), counts->retry.end(), std::int64_t{0});
    text.sample({{"state", "retry"}}, static_cast<double>(retry));
    text.sample({{"state", "dead"}}, static_cast<double>(counts->dead));
    gauge(text, "postern_mail_workers", "Workers that listen to the broker's queue.",
          static_cast<double>(counts->workers.value_or(0)));
  };
}

MetricsSource delivery_time_metrics(const DurationHistogram& times) {
  return [&times](MetricsText& text) {
    text.begin("postern_mail_delivery_seconds", "histogram",
               "From the request to the mail server's acceptance, of emails that were sent.");
    times.write(text, {});
  };
}

MetricsSource mail_metrics(std::function<OutcomeCounts()> outcomes) {
  return [outcomes = std::move(outcomes)](MetricsText& text) {
    const OutcomeCounts seen = outcomes();
    text.begin("postern_mail_total", "counter", "Deliveries by what came of them.");
    text.sample({{"outcome", "sent"}}, static_cast<double>(seen.sent));
    text.sample({{"outcome", "deferred"}}, static_cast<double>(seen.deferred));
    text.sample({{"outcome", "failed"}}, static_cast<double>(seen.failed));
  };
}

MetricsSource mail_relay_metrics(RelayPool& relays) {
  return [&relays](MetricsText& text) {
    const auto states = relays.states();
    const auto held_back = std::count_if(states.begin(), states.end(),
                                         [](const RelayState& state) { return state.held_back; });
    gauge(text, "postern_mail_relays_held_back", "Mail relays that are left alone after a fault.",
          static_cast<double>(held_back));
  };
}

MetricsSource mail_queue_metrics(std::function<bool()> connected) {
  return [connected = std::move(connected)](MetricsText& text) {
    gauge(text, "postern_mail_queue_connected", "1 while the mail queue answers.",
          connected() ? 1 : 0);
  };
}

}  // namespace postern
