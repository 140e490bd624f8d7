// A writer's tests, on a store that fails where its script says so.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/scripted_store_test.hpp"
#include "store/writer.hpp"

namespace postern {

class WriterTest : public ::testing::Test {
 protected:
  Operation add_mail(const std::string& key, std::promise<Status>& answer) {
    Operation operation;
    operation.account = {AccountRef::By::kEmailKey, key};
    operation.decide = [key](const AccountView& current) -> Result<Changes> {
      Changes changes;
      changes.account = current.account ? *current.account : Account{};
      changes.account->id = "id of " + key;
      changes.account->email_key = key;
      ++changes.account->mail_windows[0].count;
      OutboxRow row;
      row.id = key + std::to_string(changes.account->mail_windows[0].count);
      changes.outbox.push_back(row);
      return changes;
    };
    operation.done = [&answer](Status status) { answer.set_value(std::move(status)); };
    return operation;
  }

  /// Holds the writer in a commit while `fill` queues more: they become one batch.
  template <class Fill>
  void while_committing(Writer& writer, Fill fill) {
    std::promise<void> reached;
    std::promise<void> allowed;
    script_.commit_reached = &reached;
    script_.commit_allowed = allowed.get_future().share();
    std::promise<Status> answer;
    writer.submit(add_mail("first", answer));
    reached.get_future().wait();
    fill();
    allowed.set_value();
    ASSERT_TRUE(answer.get_future().get());
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  ScriptedStore::Script script_;
};

}  // namespace postern
