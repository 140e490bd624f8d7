#include "account/import_accounts.hpp"

#include "account/audit.hpp"

#include <set>
#include <string>
#include <utility>

#include "base/ids.hpp"
#include "model/credential_version.hpp"
#include "store/external_id_store.hpp"

namespace postern {
namespace {

/// The addresses and ids that are taken, by what is stored and by what comes earlier in the batch.
struct Taken {
  std::set<std::string> keys;
  std::set<std::string> ids;
  std::set<std::string> external_ids;

  void add(const Account& account) {
    keys.insert(account.email_key);
    ids.insert(account.id);
  }
  Imported judge(const AccountToImport& wanted) const {
    if (keys.contains(wanted.account.email_key)) return Imported::kKnown;
    if (ids.contains(wanted.account.id)) return Imported::kIdTaken;
    const bool taken = external_ids.contains(wanted.external_id);
    return taken ? Imported::kExternalIdTaken : Imported::kAdded;
  }
};

Result<Taken> find_taken(Store& store, ExternalIdStore& external,
                         std::span<const AccountToImport> accounts) {
  std::vector<AccountRef> refs;
  std::vector<std::string> external_ids;
  for (const auto& [account, external_id] : accounts) {
    refs.push_back({AccountRef::By::kEmailKey, account.email_key});
    refs.push_back({AccountRef::By::kId, account.id});
    if (!external_id.empty()) external_ids.push_back(external_id);
  }
  const auto found = store.find_accounts(refs);
  if (!found) return found.error();
  Taken taken;
  for (const auto& account : *found) taken.add(account);
  const auto found_external = external.find_external_ids(external_ids);
  if (!found_external) return found_external.error();
  for (const auto& id : *found_external) taken.external_ids.insert(id.external_id);
  return taken;
}

}  // namespace

Result<std::vector<Imported>> import_accounts(const ImportRequest& request,
                                              std::span<const AccountToImport> accounts) {
  std::vector<Imported> outcomes;
  const auto status = request.writer.run([&](Store& store) -> Status {
    outcomes.clear();
    const auto external = external_ids(store);
    if (!external) return external.error();
    auto taken = find_taken(store, **external, accounts);
    if (!taken) return taken.error();
    const TimePoint now = request.clock.now();
    WriteBatch batch;
    std::vector<ExternalId> added;
    for (const auto& wanted : accounts) {
      outcomes.push_back(taken->judge(wanted));
      if (outcomes.back() != Imported::kAdded) continue;
      const auto& account = wanted.account;
      taken->add(account);
      if (!wanted.external_id.empty()) {
        taken->external_ids.insert(wanted.external_id);
        added.push_back({account.id, wanted.external_id});
      }
      batch.inserts.push_back(account);
      batch.inserts.back().credential_version = credential_version::first_at(to_unix_s(now));
      batch.audit.push_back(
          audit_entry("import", "done", account.id, {request.request_id, {}, {}}, now));
    }
    if (batch.inserts.empty()) return {};
    if (auto written = store.write(batch); !written) return written;
    return (*external)->add_external_ids(added);
  });
  if (!status) return status.error();
  return outcomes;
}

}  // namespace postern
