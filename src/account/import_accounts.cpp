#include "account/import_accounts.hpp"

#include <set>
#include <string>
#include <utility>

#include "base/ids.hpp"

namespace postern {
namespace {

/// The addresses and ids that are taken, by what is stored and by what comes earlier in the batch.
struct Taken {
  std::set<std::string> keys;
  std::set<std::string> ids;

  void add(const Account& account) {
    keys.insert(account.email_key);
    ids.insert(account.id);
  }
};

Result<Taken> find_taken(Store& store, std::span<const Account> accounts) {
  std::vector<AccountRef> refs;
  for (const auto& account : accounts) {
    refs.push_back({AccountRef::By::kEmailKey, account.email_key});
    refs.push_back({AccountRef::By::kId, account.id});
  }
  const auto found = store.find_accounts(refs);
  if (!found) return found.error();
  Taken taken;
  for (const auto& account : *found) taken.add(account);
  return taken;
}

}  // namespace

Result<std::vector<Imported>> import_accounts(const ImportRequest& request,
                                              std::span<const Account> accounts) {
  std::vector<Imported> outcomes;
  const auto status = request.writer.run([&](Store& store) -> Status {
    outcomes.clear();
    auto taken = find_taken(store, accounts);
    if (!taken) return taken.error();
    const TimePoint now = request.clock.now();
    WriteBatch batch;
    for (const auto& account : accounts) {
      if (taken->keys.contains(account.email_key)) {
        outcomes.push_back(Imported::kKnown);
      } else if (taken->ids.contains(account.id)) {
        outcomes.push_back(Imported::kIdTaken);
      } else {
        outcomes.push_back(Imported::kAdded);
        taken->add(account);
        batch.inserts.push_back(account);
        batch.audit.push_back({new_id(now), now, "import", "done", account.id, request.request_id});
      }
    }
    return batch.inserts.empty() ? Status{} : store.write(batch);
  });
  if (!status) return status.error();
  return outcomes;
}

}  // namespace postern
