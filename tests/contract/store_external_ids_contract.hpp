// What every store must do with ids of other systems.
#pragma once

#include "contract/store_contract.hpp"
#include "store/external_id_store.hpp"

namespace postern {

template <class Database>
class StoreExternalIdsContract : public StoreContract<Database> {
 protected:
  std::string add(const std::vector<ExternalId>& ids) {
    return this->transact(
        [&](Store& store) -> Status { return (*external_ids(store))->add_external_ids(ids); });
  }

  /// "account=external" for each that was found.
  std::vector<std::string> found(const std::vector<std::string>& keys, bool by_account) {
    std::vector<std::string> pairs;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto& kept = **external_ids(store);
      const auto ids = by_account ? kept.external_ids_of(keys) : kept.find_external_ids(keys);
      if (!ids) return ids.error();
      for (const auto& id : *ids) pairs.push_back(id.account_id + "=" + id.external_id);
      return {};
    }),
              "");
    return pairs;
  }
};
TYPED_TEST_SUITE_P(StoreExternalIdsContract);

TYPED_TEST_P(StoreExternalIdsContract, T12_external_ids_are_found_both_ways) {
  ASSERT_EQ(this->add({{"id-anna", "42"}, {"id-boris", "Кто-то, ' OR 1=1 --"}}), "");
  EXPECT_THAT(this->found({"42", "43"}, false), ElementsAre("id-anna=42"));
  EXPECT_THAT(this->found({"id-boris", "id-unknown"}, true),
              ElementsAre("id-boris=Кто-то, ' OR 1=1 --"));
  EXPECT_THAT(this->found({}, false), IsEmpty());
}

TYPED_TEST_P(StoreExternalIdsContract, T12_what_is_taken_is_a_conflict) {
  ASSERT_EQ(this->add({{"id-anna", "42"}}), "");
  EXPECT_EQ(this->add({{"id-boris", "42"}}), store_error::kConflict);
  EXPECT_EQ(this->add({{"id-anna", "43"}}), store_error::kConflict);
  EXPECT_EQ(this->add({{"id-boris", "44"}, {"id-vera", "44"}}), store_error::kConflict);
  EXPECT_EQ(this->add({{"id-boris", std::string("4\0", 2)}}), store_error::kRejected);
  EXPECT_THAT(this->found({"42", "43", "44"}, false), ElementsAre("id-anna=42"));
}

TYPED_TEST_P(StoreExternalIdsContract, T12_a_removed_account_s_id_is_free_again) {
  ASSERT_EQ(this->write({.inserts = {make_account("anna")}}), "");
  ASSERT_EQ(this->add({{"id-anna", "42"}}), "");
  ASSERT_EQ(this->write({.removals = {this->find({by_key("anna")})[0]}}), "");
  EXPECT_THAT(this->found({"42"}, false), IsEmpty());
  EXPECT_EQ(this->add({{"id-boris", "42"}}), "");
}

REGISTER_TYPED_TEST_SUITE_P(StoreExternalIdsContract, T12_external_ids_are_found_both_ways,
                            T12_what_is_taken_is_a_conflict,
                            T12_a_removed_account_s_id_is_free_again);

}  // namespace postern
