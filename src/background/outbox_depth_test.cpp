#include "background/outbox_depth.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "fakes/memory_store.hpp"

namespace postern {
namespace {

class OutboxDepthTest : public ::testing::Test {
 protected:
  void add(const std::string& id) {
    OutboxRow row;
    row.id = id;
    row.kind = "confirm";
    row.body = "{}";
    Changes changes;
    changes.outbox = {row};
    Operation operation;
    operation.account = {AccountRef::By::kId, "anna"};
    operation.decide = [changes](const AccountView&) -> Result<Changes> { return changes; };
    std::promise<Status> done;
    operation.done = [&](Status status) { done.set_value(std::move(status)); };
    writer_.submit(std::move(operation));
    EXPECT_TRUE(done.get_future().get());
  }

  static bool comes_true(const std::function<bool()>& reached) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!reached() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return reached();
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  fakes::MemoryDatabase database_;
  Writer writer_{std::make_unique<fakes::MemoryStore>(database_), log_};
};

TEST_F(OutboxDepthTest, R10_what_was_there_before_the_start_is_counted) {
  add("a");
  add("b");
  OutboxDepth depth(writer_, 2, log_);
  EXPECT_TRUE(comes_true([&] { return depth.full(); }));
}

TEST_F(OutboxDepthTest, R10_what_this_process_adds_counts_at_once) {
  OutboxDepth depth(writer_, 2, log_);
  EXPECT_FALSE(depth.full());
  add("a");
  EXPECT_FALSE(depth.full());
  add("b");
  EXPECT_TRUE(depth.full());
}

TEST_F(OutboxDepthTest, R10_there_is_room_again_when_rows_have_left) {
  add("a");
  OutboxDepth depth(writer_, 1, log_);
  EXPECT_TRUE(comes_true([&] { return depth.full(); }));
  EXPECT_TRUE(writer_.run([](Store& store) { return store.change_outbox({.done = {"a"}}); }));
  EXPECT_TRUE(comes_true([&] { return !depth.full(); }));
}

}  // namespace
}  // namespace postern
