// The fake that stands for a database in the tests of the layers above passes the contract that the
// databases pass.
#include "fakes/memory_store.hpp"

#include "contract/store_accounts_contract.hpp"
#include "contract/store_claims_contract.hpp"
#include "contract/store_clients_contract.hpp"
#include "contract/store_dead_contract.hpp"
#include "contract/store_external_ids_contract.hpp"
#include "contract/store_mail_states_contract.hpp"
#include "contract/store_outbox_contract.hpp"
#include "contract/store_requests_contract.hpp"
#include "contract/store_retention_contract.hpp"
#include "contract/store_sessions_contract.hpp"
#include "contract/store_text_contract.hpp"

namespace postern {
namespace {

class FakeDatabase {
 public:
  std::unique_ptr<Store> open() { return std::make_unique<fakes::MemoryStore>(database_); }

 private:
  fakes::MemoryDatabase database_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreAccountsContract, FakeDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreClaimsContract, FakeDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreClientsContract, FakeDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreDeadContract, FakeDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreExternalIdsContract, FakeDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreOutboxContract, FakeDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreMailStatesContract, FakeDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreSessionsContract, FakeDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreRequestsContract, FakeDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreRetentionContract, FakeDatabase);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreTextContract, FakeDatabase);

}  // namespace
}  // namespace postern
