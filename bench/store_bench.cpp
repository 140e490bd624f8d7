// How many units of work a second a store carries: each looks an account up, and inserts the
// account, its outbox row and its audit row. With "relay", every batch is claimed and deleted
// again in the transaction after it, as the relay does.
//
//   store_bench DATABASE_URL UNITS BATCH [relay]
#include <time.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/ids.hpp"
#include "store_sql/migrate.hpp"
#include "store_sql/open_store.hpp"

namespace {

using namespace postern;
using std::chrono::steady_clock;

/// What this thread has used of a core: steady where other programs make the wall clock useless.
double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

[[noreturn]] void fail(const Error& error) {
  std::fprintf(stderr, "%s: %s\n", error.code.c_str(), error.cause.c_str());
  std::exit(1);
}

void require(const Status& status) {
  if (!status) fail(status.error());
}

struct Work {
  WriteBatch batch;
  std::vector<AccountRef> refs;
};

Work make_work(std::size_t size) {
  Work work;
  const TimePoint now = SystemClock().now();
  for (std::size_t i = 0; i < size; ++i) {
    const std::string id = new_id(now);
    const std::string email = "u" + id.substr(24) + id.substr(19, 4) + "@mail.example";
    work.refs.push_back({AccountRef::By::kEmailKey, email});
    Account account;
    account.id = id;
    account.email = account.email_key = email;
    account.locale = "en";
    account.created_at = account.updated_at = now;
    account.mail_windows = {{{now, 1}, {now, 1}}};
    work.batch.inserts.push_back(account);
    const std::string mail_id = new_id(now);
    const std::string body = R"({"v":1,"mail_id":")" + mail_id + R"(","kind":"confirm",)" +
                             R"("account_id":")" + id + R"(","email":")" + email +
                             R"(","locale":"en","credential_version":1,)" +
                             R"("requested_at":"2026-01-01T00:00:00.000Z",)" +
                             R"("expires_at":"2026-01-01T01:00:00.000Z"})";
    work.batch.outbox.push_back({mail_id, "confirm", body, "", now, now, 0});
    work.batch.audit.push_back({new_id(now), now, "register", "mail:confirm", id, new_id(now)});
  }
  return work;
}

void write_work(Store& store, const Work& work) {
  require(store.begin());
  if (auto found = store.find_accounts(work.refs); !found) fail(found.error());
  require(store.write(work.batch));
  require(store.commit());
}

void relay_work(Store& store, std::size_t size) {
  const TimePoint now = SystemClock().now();
  require(store.begin());
  auto rows = store.claim_outbox({size, "bench", now, now + std::chrono::seconds(30)});
  if (!rows) fail(rows.error());
  require(store.commit());
  OutboxChanges changes;
  for (const auto& row : *rows) changes.done.push_back(row.id);
  require(store.begin());
  require(store.change_outbox(changes));
  require(store.commit());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: store_bench DATABASE_URL UNITS BATCH [relay]\n");
    return 2;
  }
  const std::size_t units = std::stoul(argv[2]);
  const std::size_t size = std::stoul(argv[3]);
  const bool relay = argc > 4;
  if (auto migrated = migrate(argv[1]); !migrated) fail(migrated.error());
  auto store = open_store(argv[1]);
  if (!store) fail(store.error());

  steady_clock::duration spent{};
  double cpu_spent = 0;
  for (std::size_t done = 0; done < units; done += size) {
    const Work work = make_work(size);
    const auto start = steady_clock::now();
    const double cpu_start = cpu_seconds();
    write_work(**store, work);
    if (relay) relay_work(**store, size);
    spent += steady_clock::now() - start;
    cpu_spent += cpu_seconds() - cpu_start;
  }
  const double seconds = std::chrono::duration<double>(spent).count();
  std::printf("batch %5zu%s: %8.0f units/s, %5.1f us of this thread's CPU each\n", size,
              relay ? " relay" : "", static_cast<double>(units) / seconds,
              cpu_spent * 1e6 / static_cast<double>(units));
  return 0;
}
