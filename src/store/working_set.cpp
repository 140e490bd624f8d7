#include "store/working_set.hpp"

#include <algorithm>

namespace postern {

WorkingAccounts::WorkingAccounts(std::vector<Account> accounts) {
  for (auto& account : accounts) put(std::move(account), false);
}

const Account* WorkingAccounts::find(const AccountRef& ref) const {
  const auto& index = ref.by == AccountRef::By::kId ? by_id_ : by_key_;
  const auto found = index.find(ref.value);
  return found == index.end() ? nullptr : &entries_[found->second].account;
}

void WorkingAccounts::put(Account account, bool changed) {
  const auto found = by_id_.find(account.id);
  if (found != by_id_.end()) {
    Entry& entry = entries_[found->second];
    if (entry.account.email_key != account.email_key) {
      by_key_.erase(entry.account.email_key);
      by_key_.emplace(account.email_key, found->second);
    }
    entry = {std::move(account), true};
    return;
  }
  by_id_.emplace(account.id, entries_.size());
  by_key_.emplace(account.email_key, entries_.size());
  entries_.push_back({std::move(account), changed});
}

void WorkingAccounts::remove(Account account) {
  const auto found = by_id_.find(account.id);
  if (found == by_id_.end()) return;
  entries_[found->second].changed = false;
  by_key_.erase(account.email_key);
  by_id_.erase(found);
  // One that this batch would only have made was never there.
  if (account.revision > 0) removed_.push_back(std::move(account));
}

void WorkingAccounts::move_changes_to(WriteBatch& batch) {
  for (auto& entry : entries_) {
    if (!entry.changed) continue;
    auto& list = entry.account.revision == 0 ? batch.inserts : batch.updates;
    list.push_back(std::move(entry.account));
  }
  append(batch.removals, removed_);
}

WorkingSessions::WorkingSessions(std::vector<Session> sessions) {
  for (auto& session : sessions) {
    owner_of_.emplace(session.id, session.account_id);
    sessions_[session.account_id].push_back(std::move(session));
  }
}

std::span<const Session> WorkingSessions::of(const Account* account) const {
  if (!account) return {};
  const auto found = sessions_.find(account->id);
  return found == sessions_.end() ? std::span<const Session>() : found->second;
}

void WorkingSessions::erase(const std::string& id) {
  const auto owner = owner_of_.find(id);
  if (owner == owner_of_.end()) return;
  std::erase_if(sessions_[owner->second], [&](const Session& session) { return session.id == id; });
  owner_of_.erase(owner);
  changed_.erase(id);
}

void WorkingSessions::apply(SessionChanges& changes) {
  for (const auto& end : changes.ends) {
    const auto list = sessions_.find(end.account_id);
    if (list == sessions_.end()) continue;
    for (const auto sessions = list->second; const auto& session : sessions) {
      if (session.id != end.keep_id) erase(session.id);
    }
  }
  append(batch_.ends, changes.ends);
  for (const auto& id : changes.removals) erase(id);
  append(batch_.removals, changes.removals);
  append(batch_.cleared_throttles, changes.cleared_throttles);
  append(batch_.refunds, changes.refunds);
  for (auto* list : {&changes.inserts, &changes.updates}) {
    for (auto& session : *list) {
      auto& own = sessions_[session.account_id];
      owner_of_.emplace(session.id, session.account_id);
      changed_.insert(session.id);
      std::erase_if(own, [&](const Session& other) { return other.id == session.id; });
      own.push_back(std::move(session));
    }
  }
}

void WorkingSessions::move_changes_to(SessionChanges& batch) {
  for (auto& [account_id, list] : sessions_) {
    for (auto& session : list) {
      if (!changed_.contains(session.id)) continue;
      auto& rows = session.revision == 0 ? batch_.inserts : batch_.updates;
      rows.push_back(std::move(session));
    }
  }
  batch = std::move(batch_);
}

}  // namespace postern
