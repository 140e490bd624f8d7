#include "background/outbox_relay.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/barrier.hpp"
#include "base/crash_point.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"

namespace postern {

using SteadyClock = std::chrono::steady_clock;

OutboxRelay::OutboxRelay(Writer& writer, std::unique_ptr<JobPublisher> publisher,
                         const Clock& clock, Logger& log)
    : writer_(writer),
      publisher_(std::move(publisher)),
      clock_(clock),
      log_(log),
      owner_(new_id(clock.now())),
      thread_({.name = "relay",
               .round = [this](const std::stop_token& stop) { return run_once(stop); },
               // The rows of such a round come back when their leases end.
               .failed = [this](const Error& error) { log_.warn("publishing broke off", error); },
               .wait_after_failure = limits::kOutboxPoll,
               .at_end =
                   [this] {
                     close_hand_off();
                     release_all();
                   }}) {}

void OutboxRelay::stop() { thread_.stop(); }

BackgroundThread::Time OutboxRelay::run_once(const std::stop_token& stop) {
  const auto seen = writer_.outbox_signal().generation();
  if (!connect()) {
    return std::exchange(back_off_,
                         std::min<SteadyClock::duration>(back_off_ * 2, limits::kReconnectMax));
  }
  const auto rows = settle_and_take();
  if (!rows) return limits::kOutboxPoll;
  if (rows->empty()) {
    const std::stop_callback wake(stop, [&] { writer_.outbox_signal().notify(); });
    // A commit of another process, and a row whose time comes, make no signal here.
    (void)writer_.outbox_signal().wait(seen, SteadyClock::now() + limits::kOutboxPoll);
    return {};
  }
  crash_point("relay.after_claim");
  const BackgroundThread::Time wait = publish(*rows);
  crash_point("relay.after_confirm");
  // Under load a moment's wait makes one window of what would have been ten; a lone email, and
  // a full window, do not wait.
  const bool gathers = rows->size() >= limits::kRelayBusy && rows->size() < limits::kRelayBatch;
  return gathers ? std::max<BackgroundThread::Time>(wait, limits::kRelayGather) : wait;
}

bool OutboxRelay::connect() {
  const auto status = publisher_->connect();
  if (status) {
    writer_.hand_off().open(owner_);
    if (!connected_.exchange(true)) log_.info("broker connected");
    back_off_ = limits::kReconnectMin;
    return true;
  }
  if (connected_.exchange(false) || back_off_ == limits::kReconnectMin) {
    // Why is what the publisher has logged.
    log_.warn("broker is away, emails wait in the outbox");
  }
  close_hand_off();
  release_all();
  return false;
}

Result<std::vector<OutboxRow>> OutboxRelay::settle_and_take() {
  auto rows = writer_.hand_off().take(limits::kRelayBatch);
  // A process that stood still for longer than its leases: others may have these rows.
  const auto expired =
      std::erase_if(rows, [&](const auto& row) { return row.leased_until <= clock_.now(); });
  if (writer_.hand_off().take_left() || expired > 0) next_claim_ = {};
  const bool claims = rows.empty() || SteadyClock::now() >= next_claim_;
  if (!claims && finished_.done.empty() && finished_.released.empty()) return rows;
  const auto order = claims ? claim_order_.next() : kMailPriorities;
  std::vector<OutboxRow> claimed;
  const auto status = writer_.run([&](Store& store) -> Status {
    if (auto changed = store.change_outbox(finished_); !changed) return changed;
    if (!claims) return {};
    const TimePoint now = clock_.now();
    auto found = store.claim_outbox({.limit = limits::kRelayBatch,
                                     .owner = owner_,
                                     .now = now,
                                     .leased_until = now + limits::kRelayLease,
                                     .order = order});
    if (!found) return found.error();
    claimed = *std::move(found);
    return {};
  });
  if (!status) {
    release(rows);
    return status.error();
  }
  finished_ = {};
  if (claims && claimed.size() < limits::kRelayBatch) {
    next_claim_ = SteadyClock::now() + limits::kOutboxPoll;
  }
  std::move(rows.begin(), rows.end(), std::back_inserter(claimed));
  std::stable_sort(claimed.begin(), claimed.end(),
                   [](const auto& a, const auto& b) { return a.priority < b.priority; });
  return claimed;
}

void OutboxRelay::release(const std::vector<OutboxRow>& rows) {
  for (const auto& row : rows) finished_.released.push_back(row.id);
}

void OutboxRelay::close_hand_off() { release(writer_.hand_off().close()); }

BackgroundThread::Time OutboxRelay::publish(const std::vector<OutboxRow>& rows) {
  const auto confirmed = guarded([&] { return publisher_->publish(rows); });
  if (!confirmed) {
    log_.warn("publishing broke off, the rows stay in the outbox", confirmed.error());
    release(rows);
    connected_ = false;
    close_hand_off();
    release_all();
    return {};
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ((*confirmed)[i] ? finished_.done : finished_.released).push_back(rows[i].id);
  }
  published_ += finished_.done.size();
  returned_ += finished_.released.size();
  if (finished_.released.empty()) return {};
  log_.warn("the broker refused emails, they stay in the outbox",
            {{"rows", static_cast<std::int64_t>(finished_.released.size())}});
  return limits::kOutboxPoll;
}

void OutboxRelay::release_all() {
  if (finished_.done.empty() && finished_.released.empty()) return;
  const auto status = writer_.run([&](Store& store) { return store.change_outbox(finished_); });
  if (status) finished_ = {};
}

}  // namespace postern
