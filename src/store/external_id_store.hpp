// Ids that accounts have in the systems that they came from: at most one an account, each of one
// account alone.
//
// Thread contract: as Store.
// A part of a database's store that only operators' commands use; a removed account's goes with it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace postern {

class Store;

struct ExternalId {
  std::string account_id;
  std::string external_id;
};

class ExternalIdStore {
 public:
  virtual ~ExternalIdStore() = default;

  /// Those that exist, in any order.
  virtual Result<std::vector<ExternalId>> find_external_ids(
      std::span<const std::string> external_ids) = 0;
  virtual Result<std::vector<ExternalId>> external_ids_of(
      std::span<const std::string> account_ids) = 0;
  /// Error: kConflict when one is taken or its account has one.
  virtual Status add_external_ids(std::span<const ExternalId> ids) = 0;
};

/// The store's own; an error for a store that has none.
Result<ExternalIdStore*> external_ids(Store& store);

}  // namespace postern
