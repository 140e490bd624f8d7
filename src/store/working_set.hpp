// The rows of one transaction as its operations see them: what was read, with the changes that
// earlier operations of the same batch made.
//
// Thread contract: belongs to the writer's thread.
#pragma once

#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/store.hpp"

namespace postern {

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

class WorkingAccounts {
 public:
  explicit WorkingAccounts(std::vector<Account> accounts);

  const Account* find(const AccountRef& ref) const;
  /// Replaces the account of the same id, or adds it.
  void put(Account account, bool changed);
  /// It is not found again.
  void remove(Account account);
  void move_changes_to(WriteBatch& batch);

 private:
  struct Entry {
    Account account;
    bool changed;
  };

  std::vector<Entry> entries_;
  std::vector<Account> removed_;
  std::unordered_map<std::string, std::size_t> by_id_;
  std::unordered_map<std::string, std::size_t> by_key_;
};

class WorkingSessions {
 public:
  WorkingSessions() = default;
  explicit WorkingSessions(std::vector<Session> sessions);

  /// Those of the account; none without one.
  std::span<const Session> of(const Account* account) const;
  /// Session updates and inserts replace the session of the same id.
  void apply(SessionChanges& changes);
  void move_changes_to(SessionChanges& batch);

 private:
  void erase(const std::string& id);

  /// By account.
  std::map<std::string, std::vector<Session>> sessions_;
  std::unordered_map<std::string, std::string> owner_of_;
  std::unordered_set<std::string> changed_;
  SessionChanges batch_;
};

}  // namespace postern
