// The yardstick of a registration: the parts that Postern is made of, and nothing else.
//
//   bare_pipeline --port N --database FILE|postgresql://… [--amqp PORT]
//
// A Beast server of one thread takes each request's body as a new account. A writer commits all
// that wait in one transaction on SQLite (write-ahead log, synced) or PostgreSQL (pipelined, one
// statement a table), two rows each, before they are answered 202. With a broker, a relay publishes
// the outbox with confirms, and what is confirmed is deleted in a later transaction. No routes, no
// validation, no limits, no audit, no states, no time-outs: what Postern does beyond this is what
// it costs.
#include <libpq-fe.h>
#include <sqlite3.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bare_amqp.hpp"
#include "bare_server.hpp"
#include "base/ids.hpp"

namespace {

namespace asio = boost::asio;
using bare::Awaitable;
using bare::require;

constexpr std::size_t kConfirmWindow = 512;

/// What threads hand over: take() waits for some and gets all.
template <class T>
class Mailbox {
 public:
  void put(T item) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      wake = items_.empty();
      items_.push_back(std::move(item));
    }
    if (wake) filled_.notify_one();
  }
  void put(std::vector<T> items) {
    {
      const std::lock_guard lock(mutex_);
      for (auto& item : items) items_.push_back(std::move(item));
    }
    filled_.notify_one();
  }
  std::vector<T> take() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return !items_.empty(); });
    return std::exchange(items_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<T> items_;
};

struct Job {
  std::string id;
  std::string body;
};

/// A registration that waits for its commit; or, without `done`, a published row that goes.
struct Item {
  Job job;
  std::function<void()> done = {};
};

class Sqlite {
 public:
  explicit Sqlite(const std::string& path) {
    require(sqlite3_open(path.c_str(), &db_) == SQLITE_OK, "opening the database");
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
        "CREATE TABLE account (id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE) WITHOUT ROWID;"
        "CREATE TABLE outbox (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;");
    account_ = prepare("INSERT INTO account VALUES (?1, ?2)");
    outbox_ = prepare("INSERT INTO outbox VALUES (?1, ?2)");
    remove_ = prepare("DELETE FROM outbox WHERE id = ?1");
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
  }

  void write(const std::vector<Item>& items) {
    step(begin_);
    for (const auto& [job, done] : items) {
      if (!done) {
        step(remove_, job.id);
        continue;
      }
      step(account_, job.id, job.body);
      step(outbox_, job.id, job.body);
    }
    step(commit_);
  }

 private:
  void run(const char* sql) {
    require(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    require(sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr) == SQLITE_OK, sql);
    return statement;
  }
  template <class... Texts>
  void step(sqlite3_stmt* statement, const Texts&... texts) {
    int at = 0;
    (sqlite3_bind_text(statement, ++at, texts.data(), static_cast<int>(texts.size()),
                       SQLITE_STATIC),
     ...);
    require(sqlite3_step(statement) == SQLITE_DONE, sqlite3_sql(statement));
    sqlite3_reset(statement);
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt *account_, *outbox_, *remove_, *begin_, *commit_;
};

class Postgres {
 public:
  explicit Postgres(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    require(PQstatus(connection_) == CONNECTION_OK, "connecting to PostgreSQL");
    run("CREATE TABLE account (id text PRIMARY KEY, email text NOT NULL UNIQUE);"
        "CREATE TABLE outbox (id text PRIMARY KEY, body text NOT NULL)");
    prepare("account", "INSERT INTO account SELECT * FROM unnest($1::text[], $2::text[])");
    prepare("outbox", "INSERT INTO outbox SELECT * FROM unnest($1::text[], $2::text[])");
    prepare("remove", "DELETE FROM outbox WHERE id = ANY ($1::text[])");
    prepare("begin", "BEGIN");
    prepare("commit", "COMMIT");
    require(PQenterPipelineMode(connection_) == 1, "pipeline mode");
  }

  void write(const std::vector<Item>& items) {
    std::string ids = "{", bodies = "{", removed = "{";
    for (const auto& [job, done] : items) {
      append(done ? ids : removed, job.id);
      if (done) append(bodies, job.body);
    }
    send("begin", {});
    if (ids.size() > 1) send("account", {close(ids), close(bodies)});
    if (ids.size() > 1) send("outbox", {ids.c_str(), bodies.c_str()});
    if (removed.size() > 1) send("remove", {close(removed)});
    send("commit", {});
    require(PQpipelineSync(connection_) == 1, "PQpipelineSync");
    for (;;) {
      PGresult* result = PQgetResult(connection_);
      const auto status = PQresultStatus(result);
      PQclear(result);
      if (status == PGRES_PIPELINE_SYNC) return;
      require(!result || status == PGRES_COMMAND_OK, "a statement");
    }
  }

 private:
  /// One more element of an array.
  static void append(std::string& array, const std::string& text) {
    array += array.size() > 1 ? ",\"" : "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  static const char* close(std::string& array) { return (array += '}').c_str(); }
  void run(const char* sql) {
    PGresult* result = PQexec(connection_, sql);
    require(PQresultStatus(result) == PGRES_COMMAND_OK, sql);
    PQclear(result);
  }
  void prepare(const char* name, const char* sql) {
    PGresult* result = PQprepare(connection_, name, sql, 0, nullptr);
    require(PQresultStatus(result) == PGRES_COMMAND_OK, sql);
    PQclear(result);
  }
  void send(const char* name, std::initializer_list<const char*> values) {
    require(PQsendQueryPrepared(connection_, name, static_cast<int>(values.size()), values.begin(),
                                nullptr, nullptr, 0) == 1,
            name);
  }

  PGconn* connection_;
};

/// Publishes windows of jobs and waits for the broker's confirms of each.
class Publisher {
 public:
  explicit Publisher(int port) : connection_(bare::connect_amqp(port)) {
    require(amqp_confirm_select(connection_, 1) != nullptr, "confirm.select");
    properties_._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties_.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  }

  void publish(const std::vector<Job>& jobs) {
    for (std::size_t first = 0; first < jobs.size(); first += kConfirmWindow) {
      const auto end = std::min(first + kConfirmWindow, jobs.size());
      for (auto i = first; i < end; ++i) {
        const auto& body = jobs[i].body;
        const int sent =
            amqp_basic_publish(connection_, 1, amqp_empty_bytes, amqp_cstring_bytes(bare::kQueue),
                               0, 0, &properties_, {body.size(), const_cast<char*>(body.data())});
        require(sent == AMQP_STATUS_OK, "publishing");
      }
      published_ += end - first;
      while (confirmed_ < published_) wait_for_confirm();
    }
  }

 private:
  void wait_for_confirm() {
    amqp_frame_t frame;
    require(amqp_simple_wait_frame(connection_, &frame) == AMQP_STATUS_OK, "waiting for a confirm");
    require(
        frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD,
        "a confirm");
    const auto* ack = static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
    confirmed_ = ack->multiple ? ack->delivery_tag : confirmed_ + 1;
    amqp_maybe_release_buffers(connection_);
  }

  amqp_connection_state_t connection_;
  amqp_basic_properties_t properties_{};
  std::uint64_t published_ = 0, confirmed_ = 0;
};

struct Pipeline {
  asio::io_context context{1};
  Mailbox<Item> waiting;
  Mailbox<Job> committed;
  bool relays = false;
};

template <class Database>
void commit_all(Pipeline& pipeline, Database database) {
  for (;;) {
    auto items = pipeline.waiting.take();
    database.write(items);
    std::vector<Job> jobs;
    std::vector<std::function<void()>> answers;
    for (auto& [job, done] : items) {
      if (!done) continue;
      answers.push_back(std::move(done));
      if (pipeline.relays) jobs.push_back(std::move(job));
    }
    asio::post(pipeline.context, [answers = std::move(answers)] {
      for (const auto& answer : answers) answer();
    });
    if (!jobs.empty()) pipeline.committed.put(std::move(jobs));
  }
}

void relay_all(Pipeline& pipeline, Publisher publisher) {
  for (;;) {
    auto jobs = pipeline.committed.take();
    publisher.publish(jobs);
    std::vector<Item> published;
    for (auto& job : jobs) published.push_back({{std::move(job.id), {}}});
    pipeline.waiting.put(std::move(published));
  }
}

/// Returns after the commit.
Awaitable<void> commit(Pipeline& pipeline, Job job) {
  auto start = [&](auto handler) {
    const auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    pipeline.waiting.put({std::move(job), [shared] { std::move (*shared)(); }});
  };
  // Named: GCC 12 destroys some temporaries of a co_await twice.
  auto committed = asio::async_initiate<const asio::use_awaitable_t<bare::Executor>, void()>(
      std::move(start), bare::kAwaitable);
  co_await std::move(committed);
}

}  // namespace

int main(int argc, char** argv) {
  unsigned short port = 5098;
  int amqp_port = 0;
  std::string database;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (option == "--port") port = static_cast<unsigned short>(std::atoi(value));
    if (option == "--amqp") amqp_port = std::atoi(value);
    if (option == "--database") database = value;
  }
  if (argc % 2 == 0 || database.empty()) {
    std::fprintf(stderr, "usage: bare_pipeline --port N --database FILE|URL [--amqp PORT]\n");
    return 2;
  }
  Pipeline pipeline;
  pipeline.relays = amqp_port != 0;
  if (database.starts_with("postgresql://")) {
    std::thread(commit_all<Postgres>, std::ref(pipeline), Postgres(database)).detach();
  } else {
    std::thread(commit_all<Sqlite>, std::ref(pipeline), Sqlite(database)).detach();
  }
  if (pipeline.relays) {
    std::thread(relay_all, std::ref(pipeline), Publisher(amqp_port)).detach();
  }
  bare::run_server(pipeline.context, port, [&pipeline](std::string body) -> Awaitable<void> {
    Job job{postern::new_id(postern::SystemClock().now()), std::move(body)};
    co_await commit(pipeline, std::move(job));
  });
}
