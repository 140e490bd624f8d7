// The part of Store for clients, within the same transactions.
//
// Thread contract: as Store.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/client.hpp"

namespace postern {

class ClientStore {
 public:
  virtual ~ClientStore() = default;

  /// In the order of their ids.
  virtual Result<std::vector<Client>> clients() = 0;
  /// Adds the client, or replaces it.
  virtual Status put_client(const Client& client) = 0;
  /// One that is gone already does not matter.
  virtual Status remove_client(const std::string& id) = 0;
  /// Notes the key of an assertion; false when it was noted before and has not expired.
  virtual Result<bool> use_assertion(const std::string& key, TimePoint expires_at,
                                     TimePoint now) = 0;
};

}  // namespace postern
