// A Store in memory: several may share one MemoryDatabase, as connections share a database.
//
// Thread contract: a MemoryStore belongs to one thread, as every Store.
// A transaction works on a copy; its commit replaces the whole state, unless another one has
// committed meanwhile: then the commit reports kConflict. It passes the store contract
// (store_sql/memory_store_test.cpp).
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "fakes/memory_database.hpp"
#include "fakes/storable.hpp"
#include "store/audit_store.hpp"
#include "store/external_id_store.hpp"
#include "store/store.hpp"

namespace postern::fakes {

/// `database` outlives the store.
class MemoryStore final : public Store, public ExternalIdStore, public AuditStore {
 public:
  explicit MemoryStore(MemoryDatabase& database) : database_(database) {}

  Status begin() override {
    if (auto failure = database_.take_failure(StoreStep::kBegin); !failure) return failure;
    const std::lock_guard lock(database_.mutex_);
    working_ = database_.state_;
    started_at_ = database_.generation_;
    changed_ = false;
    return {};
  }

  Result<std::vector<Account>> find_accounts(std::span<const AccountRef> refs) override {
    if (auto failure = database_.take_failure(StoreStep::kFind); !failure) return failure.error();
    std::map<std::string, Account> found;
    for (const auto& ref : refs) {
      if (!is_storable(std::string_view(ref.value))) return rejected();
      if (const Account* account = working_.find(ref)) found.emplace(account->id, *account);
    }
    std::vector<Account> accounts;
    for (auto& [id, account] : found) accounts.push_back(std::move(account));
    return accounts;
  }

  Result<std::vector<Account>> list_accounts(const AccountPage& page) override {
    std::vector<Account> accounts;
    for (auto at = working_.accounts.upper_bound(page.after); at != working_.accounts.end(); ++at) {
      if (accounts.size() == page.limit) break;
      if (!page.state || at->second.state == *page.state) accounts.push_back(at->second);
    }
    return accounts;
  }

  Status write(const WriteBatch& batch) override {
    if (auto failure = database_.take_failure(StoreStep::kWrite); !failure) return failure;
    if (!is_storable(batch)) return rejected();
    for (const Account& account : batch.removals) {
      const auto stored = working_.accounts.find(account.id);
      if (stored == working_.accounts.end() || stored->second.revision != account.revision) {
        return conflict();
      }
      working_.accounts.erase(stored);
      changed_ = true;
    }
    if (auto written = write_sessions(batch.sessions); !written) return written;
    for (Account account : batch.inserts) {
      if (working_.find({AccountRef::By::kEmailKey, account.email_key})) return conflict();
      account.revision = 1;
      if (!working_.accounts.emplace(account.id, account).second) return conflict();
      changed_ = true;
    }
    for (Account account : batch.updates) {
      const auto stored = working_.accounts.find(account.id);
      if (stored == working_.accounts.end() || stored->second.revision != account.revision) {
        return conflict();
      }
      const Account* owner = working_.find({AccountRef::By::kEmailKey, account.email_key});
      if (owner != nullptr && owner->id != account.id) return conflict();
      ++account.revision;
      stored->second = std::move(account);
      changed_ = true;
    }
    for (const auto& row : batch.outbox) {
      if (std::ranges::any_of(working_.outbox,
                              [&](const auto& entry) { return entry.row.id == row.id; })) {
        return rejected();
      }
      working_.outbox.push_back({row, row.leased_until, false, {}, {}});
      if (!row.has_mail()) continue;
      working_.mail_states[{row.account_id, row.id}] = {
          row.account_id, row.id, row.kind, std::nullopt, row.created_at, {}, {}};
    }
    for (const Account& account : batch.removals) {
      working_.external_ids.erase(account.id);
      std::erase_if(working_.mail_states,
                    [&](const auto& entry) { return entry.first.first == account.id; });
    }
    for (const auto& entry : batch.audit) {
      if (std::ranges::count(working_.audit, entry.id, &AuditEntry::id) > 0) return rejected();
      working_.audit.push_back(entry);
    }
    for (const auto& row : batch.accepted) {
      for (std::size_t i = 0; i < row.requests.size(); ++i) {
        const auto stored = working_.requests.emplace(std::pair(row.id, i), *row.requests[i]).first;
        stored->second.place = {row.id, i, row.requests.size()};
      }
    }
    for (const auto& place : batch.resolved) working_.requests.erase({place.row, place.index});
    changed_ |= !batch.outbox.empty() || !batch.audit.empty() || !batch.accepted.empty() ||
                !batch.resolved.empty();
    return {};
  }

  Result<std::vector<bool>> find_unresolved(std::span<const RequestPlace> places) override {
    std::vector<bool> unresolved;
    for (const auto& place : places) {
      unresolved.push_back(working_.requests.contains({place.row, place.index}));
    }
    return unresolved;
  }

  Result<std::vector<AcceptedRequest>> claim_requests(const RequestClaim& claim) override {
    std::vector<AcceptedRequest> claimed;
    std::set<std::string> rows;
    for (auto& [place, request] : working_.requests) {
      const bool free = claim.leased_too || request.leased_until <= claim.now ||
                        request.leased_until > claim.leased_until + std::chrono::hours(1);
      const bool known = rows.contains(place.first);
      if (place.first <= claim.after || !free || (!known && rows.size() == claim.limit)) continue;
      rows.insert(place.first);
      request.leased_until = claim.leased_until;
      claimed.push_back(request);
      changed_ = true;
    }
    return claimed;
  }

  Result<std::vector<ExternalId>> find_external_ids(
      std::span<const std::string> external_ids) override {
    std::vector<ExternalId> found;
    for (const auto& [account_id, external_id] : working_.external_ids) {
      if (std::ranges::find(external_ids, external_id) != external_ids.end()) {
        found.push_back({account_id, external_id});
      }
    }
    return found;
  }

  Result<std::vector<ExternalId>> external_ids_of(
      std::span<const std::string> account_ids) override {
    std::vector<ExternalId> found;
    for (const auto& id : account_ids) {
      const auto at = working_.external_ids.find(id);
      if (at != working_.external_ids.end()) found.push_back({at->first, at->second});
    }
    return found;
  }

  Status add_external_ids(std::span<const ExternalId> ids) override {
    for (const auto& id : ids) {
      if (!are_storable({id.account_id, id.external_id})) return rejected();
      const auto taken = find_external_ids(std::span(&id.external_id, 1));
      if (!taken->empty() || !working_.external_ids.emplace(id.account_id, id.external_id).second) {
        return conflict();
      }
      changed_ = true;
    }
    return {};
  }

  Result<std::vector<OutboxRow>> claim_outbox(const OutboxClaim& claim) override {
    if (auto failure = database_.take_failure(StoreStep::kClaim); !failure) return failure.error();
    const auto place = [&](const MemoryOutboxRow* entry) {
      return std::find(claim.order.begin(), claim.order.end(), entry->row.priority);
    };
    std::vector<MemoryOutboxRow*> free;
    for (auto& entry : working_.outbox) {
      const bool due = entry.row.available_at <= claim.now || entry.row.created_at > claim.now;
      const bool free_now = entry.leased_until <= claim.now ||
                            entry.leased_until > claim.leased_until + std::chrono::hours(1);
      const bool available = due && free_now && place(&entry) != claim.order.end();
      if (!entry.dead && available) free.push_back(&entry);
    }
    const auto by_age = [](const auto* a, const auto* b) {
      return a->row.available_at < b->row.available_at;
    };
    std::stable_sort(free.begin(), free.end(), by_age);
    std::stable_sort(free.begin(), free.end(),
                     [&](const auto* a, const auto* b) { return place(a) < place(b); });
    if (free.size() > claim.limit) free.resize(claim.limit);
    std::stable_sort(free.begin(), free.end(), [](const auto* a, const auto* b) {
      return a->row.priority < b->row.priority;
    });
    std::vector<OutboxRow> rows;
    for (auto* entry : free) {
      entry->leased_until = claim.leased_until;
      rows.push_back(entry->row);
      entry->row.claims += claim.counts ? 1 : 0;
      changed_ = true;
    }
    return rows;
  }

  Status change_outbox(const OutboxChanges& changes) override {
    if (auto failure = database_.take_failure(StoreStep::kChange); !failure) return failure;
    for (const auto& id : changes.done) {
      if (!is_storable(std::string_view(id))) return rejected();
      std::erase_if(working_.outbox, [&](const auto& entry) { return entry.row.id == id; });
    }
    for (const auto& deferral : changes.deferred) {
      settle(deferral.id, [&](MemoryOutboxRow& entry) {
        entry.row.available_at = deferral.available_at;
        entry.row.attempts = deferral.attempts;
        entry.row.unknown_outcomes = deferral.unknown_outcomes;
        entry.row.claims = 0;
        entry.reason = storable_reason(deferral.reason);
      });
    }
    for (const auto& deferral : changes.dead) {
      settle(deferral.id, [&](MemoryOutboxRow& entry) {
        entry.dead = true;
        entry.dead_at = std::chrono::floor<Duration>(std::chrono::system_clock::now());
        entry.row.attempts = deferral.attempts;
        entry.reason = storable_reason(deferral.reason);
      });
    }
    for (const auto& id : changes.released) settle(id, [](MemoryOutboxRow&) {});
    changed_ = true;
    return {};
  }

  Status write_mail_states(std::span<const MailStatus> states) override {
    for (const auto& state : states) {
      const auto known = working_.mail_states.find({state.account_id, state.mail_id});
      if (known == working_.mail_states.end() || known->second.outcome == DeliveryOutcome::kSent)
        continue;
      const bool newer = state.outcome == DeliveryOutcome::kSent || !known->second.outcome ||
                         known->second.changed_at <= state.changed_at;
      if (!newer) continue;
      const std::string kind = known->second.kind;
      known->second = state;
      known->second.kind = kind;
      known->second.reply = storable_reason(state.reply);
      known->second.relay = storable_reason(state.relay);
      changed_ = true;
    }
    return {};
  }

  Result<std::vector<MailStatus>> find_mail_states(const std::string& account_id,
                                                   std::size_t limit) override {
    std::vector<MailStatus> found;
    for (auto at = working_.mail_states.rbegin(); at != working_.mail_states.rend(); ++at) {
      if (at->first.first == account_id && found.size() < limit) found.push_back(at->second);
    }
    return found;
  }

  Status end_leases() override {
    for (auto& entry : working_.outbox) entry.leased_until = {};
    changed_ = true;
    return {};
  }

  Result<std::int64_t> count_outbox(std::int64_t cap) override {
    if (auto failure = database_.take_failure(StoreStep::kCount); !failure) return failure.error();
    const auto waiting = std::count_if(working_.outbox.begin(), working_.outbox.end(),
                                       [](const auto& entry) { return !entry.dead; });
    return std::min(static_cast<std::int64_t>(working_.requests.size()) + waiting, cap);
  }

  Result<std::vector<Session>> find_sessions(std::span<const std::string> account_ids) override {
    std::vector<Session> found;
    for (const auto& [id, session] : working_.sessions) {
      const bool wanted = std::find(account_ids.begin(), account_ids.end(), session.account_id) !=
                          account_ids.end();
      if (wanted) found.push_back(session);
    }
    std::ranges::stable_sort(found, {}, &Session::created_at);
    return found;
  }

  Result<std::vector<LoginThrottle>> take_throttles(std::span<const std::string> keys) override {
    changed_ = true;
    std::vector<LoginThrottle> taken;
    for (const auto& key : keys) {
      taken.push_back(working_.throttles.emplace(key, LoginThrottle{key, 0, {}}).first->second);
    }
    return taken;
  }

  Status put_throttles(std::span<const LoginThrottle> throttles) override {
    for (const auto& throttle : throttles) working_.throttles[throttle.key] = throttle;
    changed_ = true;
    return {};
  }

  Result<std::vector<SigningKey>> signing_keys() override {
    std::vector<SigningKey> keys;
    for (const auto& [kid, key] : working_.signing_keys) keys.push_back(key);
    std::stable_sort(keys.begin(), keys.end(),
                     [](const auto& a, const auto& b) { return a.created_at < b.created_at; });
    return keys;
  }

  Status put_signing_key(const SigningKey& key) override {
    working_.signing_keys.insert_or_assign(key.kid, key);
    changed_ = true;
    return {};
  }

  Result<std::vector<Client>> clients() override {
    std::vector<Client> clients;
    for (const auto& [id, client] : working_.clients) clients.push_back(client);
    return clients;
  }

  Status put_client(const Client& client) override {
    working_.clients.insert_or_assign(client.id, client);
    changed_ = true;
    return {};
  }

  Status remove_client(const std::string& id) override {
    working_.clients.erase(id);
    changed_ = true;
    return {};
  }

  Result<bool> use_assertion(const std::string& key, TimePoint expires_at, TimePoint now) override {
    const auto [found, added] = working_.used_assertions.emplace(key, expires_at);
    if (!added && found->second > now) return false;
    found->second = expires_at;
    changed_ = true;
    return true;
  }

  Result<OutboxBacklog> measure_backlog(std::int64_t dead_cap) override {
    OutboxBacklog backlog;
    for (const auto& entry : working_.outbox) {
      auto& oldest = backlog.oldest_due;
      if (entry.dead) {
        backlog.dead = std::min(backlog.dead + 1, dead_cap);
      } else if (!oldest || entry.row.available_at < *oldest) {
        oldest = entry.row.available_at;
      }
    }
    return backlog;
  }

  Result<OutboxCensus> count_states(TimePoint now, std::span<const Duration> within) override {
    OutboxCensus census;
    census.deferred.resize(within.size());
    for (const auto& entry : working_.outbox) {
      const auto due = entry.row.available_at - now;
      if (entry.dead) {
        ++census.dead;
      } else if (entry.leased_until > now) {
        ++census.leased;
      } else if (due <= Duration::zero() || within.empty()) {
        ++census.waiting;
        census.bulk += entry.row.priority == MailPriority::kBulk ? 1 : 0;
      } else {
        const auto step = std::find_if(within.begin(), within.end() - 1,
                                       [&](Duration limit) { return due <= limit; });
        ++census.deferred[static_cast<std::size_t>(step - within.begin())];
      }
    }
    return census;
  }

  Result<std::vector<DeadRow>> find_dead(const DeadRow* after, std::size_t limit) override {
    std::map<std::pair<TimePoint, std::string>, DeadRow> dead;
    for (const auto& entry : working_.outbox) {
      if (!entry.dead) continue;
      if (after && std::tie(entry.dead_at, entry.row.id) <= std::tie(after->dead_at, after->row.id))
        continue;
      dead[{entry.dead_at, entry.row.id}] = {entry.row, entry.reason, entry.dead_at};
    }
    std::vector<DeadRow> rows;
    for (auto& [key, row] : dead) {
      if (rows.size() < limit) rows.push_back(std::move(row));
    }
    return rows;
  }

  Status replay_dead(std::span<const DeadReplay> rows, TimePoint now) override {
    for (const auto& row : rows) {
      if (!are_storable({row.id, row.body})) return rejected();
      for (auto& entry : working_.outbox) {
        if (entry.row.id != row.id || !entry.dead) continue;
        entry.dead = false;
        entry.leased_until = {};
        entry.reason.clear();
        entry.row.body = row.body;
        entry.row.attempts = 0;
        entry.row.unknown_outcomes = 0;
        entry.row.claims = 0;
        entry.row.available_at = now;
      }
    }
    changed_ = true;
    return {};
  }

  Result<std::vector<AuditEntry>> find_audit(const AuditSpan& span) override {
    std::vector<AuditEntry> found;
    for (const auto& entry : working_.audit) {
      const bool in_span = entry.id >= id_bound(span.from) && entry.id < id_bound(span.to);
      if (in_span && entry.account_id == span.account_id) found.push_back(entry);
    }
    std::ranges::sort(found, std::greater(), &AuditEntry::id);
    if (found.size() > span.limit) found.resize(span.limit);
    return found;
  }

  Result<std::optional<AuditEntry>> oldest_audit() override {
    const auto oldest = std::ranges::min_element(working_.audit, {}, &AuditEntry::id);
    if (oldest == working_.audit.end()) return std::optional<AuditEntry>();
    return std::optional(*oldest);
  }

  Result<std::int64_t> remove_expired_audit(TimePoint before, std::int64_t limit) override {
    std::int64_t removed = 0;
    std::ranges::stable_sort(working_.audit, {}, &AuditEntry::id);
    std::erase_if(working_.audit, [&](const AuditEntry& entry) {
      return entry.at < before && removed < limit && ++removed > 0;
    });
    changed_ |= removed > 0;
    return removed;
  }

  Result<std::optional<MailStatePlace>> remove_expired_mail_states(TimePoint before,
                                                                   const MailStatePlace& after,
                                                                   std::int64_t limit) override {
    auto at = working_.mail_states.upper_bound({after.account_id, after.mail_id});
    std::optional<MailStatePlace> end;
    for (std::int64_t i = 0; i < limit; ++i) {
      if (at == working_.mail_states.end()) return std::optional<MailStatePlace>();
      end = {at->first.first, at->first.second};
      const bool in_outbox = std::any_of(
          working_.outbox.begin(), working_.outbox.end(),
          [&](const MemoryOutboxRow& entry) { return entry.row.id == at->first.second; });
      const bool old = at->second.changed_at < before && !in_outbox;
      changed_ |= old;
      at = old ? working_.mail_states.erase(at) : std::next(at);
    }
    return end;
  }

  Result<std::int64_t> remove_expired_sessions(const ExpiredSessions& expired) override {
    std::int64_t sessions = 0;
    std::erase_if(working_.sessions, [&](const auto& entry) {
      return entry.second.expires_at < expired.sessions_before && sessions < expired.limit &&
             ++sessions > 0;
    });
    // Of the throttles that are tried the latest, throttles_kept stay.
    std::vector<TimePoint> times;
    for (const auto& [key, throttle] : working_.throttles) times.push_back(throttle.next_at);
    std::ranges::sort(times, std::greater());
    const auto kept = static_cast<std::size_t>(expired.throttles_kept);
    const TimePoint before =
        std::max(expired.throttles_before, kept < times.size() ? times[kept] : TimePoint());
    std::int64_t throttles = 0;
    std::erase_if(working_.throttles, [&](const auto& entry) {
      return entry.second.next_at < before && throttles < expired.limit && ++throttles > 0;
    });
    changed_ |= sessions + throttles > 0;
    return std::max(sessions, throttles);
  }

  Status drop_dead(std::span<const std::string> ids) override {
    for (const auto& id : ids) {
      if (!is_storable(std::string_view(id))) return rejected();
      std::erase_if(working_.outbox,
                    [&](const auto& entry) { return entry.dead && entry.row.id == id; });
    }
    changed_ = true;
    return {};
  }

  Status commit() override {
    if (auto failure = database_.take_failure(StoreStep::kCommit); !failure) return failure;
    {
      const std::lock_guard lock(database_.mutex_);
      if (!changed_) return {};
      if (database_.generation_ != started_at_) return conflict();
      database_.state_ = std::move(working_);
      ++database_.generation_;
    }
    return database_.take_failure(StoreStep::kCommitted);
  }

  void rollback() override { working_ = {}; }

 private:
  static Error conflict() {
    return {store_error::kConflict, Retry::kLater, "changed by another transaction"};
  }

  static Error rejected() {
    return {store_error::kRejected, Retry::kNever, "the database refuses the data"};
  }

  Status write_sessions(const SessionChanges& changes) {
    if (!changes.empty()) changed_ = true;
    for (const auto& end : changes.ends) {
      std::erase_if(working_.sessions, [&](const auto& entry) {
        return entry.second.account_id == end.account_id && entry.first != end.keep_id;
      });
    }
    for (const auto& id : changes.removals) working_.sessions.erase(id);
    for (const auto* list : {&changes.inserts, &changes.updates}) {
      for (Session session : *list) {
        const auto stored = working_.sessions.find(session.id);
        const bool known = stored != working_.sessions.end();
        if (known != (session.revision > 0)) return conflict();
        if (known && stored->second.revision != session.revision) return conflict();
        ++session.revision;
        working_.sessions.insert_or_assign(session.id, session);
      }
    }
    for (const auto& key : changes.cleared_throttles) working_.throttles.erase(key);
    for (const auto& refund : changes.refunds) {
      const auto found = working_.throttles.find(refund.key);
      if (found == working_.throttles.end()) continue;
      auto& throttle = found->second;
      throttle.failures = std::max<std::int64_t>(throttle.failures - refund.failures, 0);
      throttle.next_at = refund.next_at;
    }
    return {};
  }

  /// A row that is dead stays as it is.
  void settle(const std::string& id, const std::function<void(MemoryOutboxRow&)>& change) {
    for (auto& entry : working_.outbox) {
      if (entry.row.id != id || entry.dead) continue;
      entry.leased_until = {};
      change(entry);
    }
  }

  MemoryDatabase& database_;
  MemoryState working_;
  std::uint64_t started_at_ = 0;
  bool changed_ = false;
};

}  // namespace postern::fakes
