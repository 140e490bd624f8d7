#include "store_sql/postgres_connection.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/limits.hpp"
#include "store/store.hpp"
#include "store_sql/postgres_url.hpp"

namespace postern {
namespace {

using std::chrono::steady_clock;

Error unavailable(std::string detail) {
  return Error{store_error::kUnavailable, Retry::kLater, "postgresql: " + std::move(detail)};
}

std::int64_t parse_integer(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

constexpr int kTextResult = 0;

/// Parameters as libpq wants them: points into `parameters`.
struct BinaryValues {
  explicit BinaryValues(const PostgresParameters& parameters)
      : formats(parameters.values().size(), 1) {
    for (const auto& value : parameters.values()) {
      pointers.push_back(value.data());
      lengths.push_back(static_cast<int>(value.size()));
    }
  }
  int count() const { return static_cast<int>(pointers.size()); }

  std::vector<const char*> pointers;
  std::vector<int> lengths;
  std::vector<int> formats;
};

void ignore_notice(void*, const PGresult*) {}

}  // namespace

Error error_of(const PGresult* result) {
  const std::string state = field(result, PG_DIAG_SQLSTATE);
  const std::string table = field(result, PG_DIAG_TABLE_NAME);
  const std::string kind = state.substr(0, 2);
  std::string detail = "postgresql: " + state;
  if (!table.empty()) detail += " on " + table + ' ' + field(result, PG_DIAG_CONSTRAINT_NAME);
  if (kind == "40" || (state == "23505" && table == "account")) {
    return Error{store_error::kConflict, Retry::kLater, std::move(detail)};
  }
  if (kind == "22" || kind == "23") {
    return Error{store_error::kRejected, Retry::kNever, std::move(detail)};
  }
  return Error{store_error::kUnavailable, Retry::kLater,
               detail + ' ' + field(result, PG_DIAG_MESSAGE_PRIMARY)};
}

std::int64_t PostgresResult::integer(int row, int column) const {
  return parse_integer(text(row, column));
}

std::int64_t PostgresResult::affected() const { return parse_integer(PQcmdTuples(result_.get())); }

Result<PostgresConnection> PostgresConnection::open(const std::string& url) {
  if (auto checked = check_postgres_url(url); !checked) return checked.error();
  const auto timeout_s = std::to_string(limits::kDatabaseConnectTimeout.count());
  // Before dbname: what the URL may override. After it: what it may not.
  const std::array<const char*, 11> names{"connect_timeout",
                                          "keepalives_idle",
                                          "keepalives_interval",
                                          "keepalives_count",
                                          "tcp_user_timeout",
                                          "gssencmode",
                                          "target_session_attrs",
                                          "fallback_application_name",
                                          "dbname",
                                          "client_encoding",
                                          nullptr};
  const std::array<const char*, 11> values{timeout_s.c_str(), "30",      "10",         "3",
                                           "30000",           "disable", "read-write", "postern",
                                           url.c_str(),       "UTF8",    nullptr};
  PostgresConnection connection(PQconnectdbParams(names.data(), values.data(), 1));
  PGconn* raw = connection.connection_.get();
  if (raw == nullptr) return unavailable("out of memory");
  if (PQstatus(raw) != CONNECTION_OK) {
    return unavailable(connection_failure(PQerrorMessage(raw), url));
  }
  PQsetNoticeReceiver(raw, ignore_notice, nullptr);
  return connection;
}

Result<PostgresResult> PostgresConnection::execute(const std::string& sql) {
  return checked(PostgresResult(PQexec(connection_.get(), sql.c_str())));
}

Result<PostgresResult> PostgresConnection::execute(const std::string& sql,
                                                   const PostgresParameters& parameters) {
  const BinaryValues bound(parameters);
  return checked(PostgresResult(PQexecParams(connection_.get(), sql.c_str(), bound.count(), nullptr,
                                             bound.pointers.data(), bound.lengths.data(),
                                             bound.formats.data(), kTextResult)));
}

Result<PostgresResult> PostgresConnection::checked(PostgresResult result) {
  switch (PQresultStatus(result.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
      return result;
    default:
      return PQstatus(connection_.get()) == CONNECTION_OK ? error_of(result.get())
                                                          : lost("the connection broke");
  }
}

Result<bool> PostgresConnection::is_pooled() {
  auto pid = execute("SELECT pg_backend_pid()");
  if (!pid) return pid.error();
  return pid->integer(0, 0) != PQbackendPID(connection_.get());
}

Status PostgresConnection::start_pipeline() {
  if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1) {
    return lost("no pipeline");
  }
  return {};
}

void PostgresConnection::note_send(int sent) {
  if (sent == 1) {
    ++pending_;
  } else {
    lost_ = true;
  }
}

void PostgresConnection::send_prepare(const char* name, const char* sql) {
  note_send(PQsendPrepare(connection_.get(), name, sql, 0, nullptr));
}

void PostgresConnection::send(const char* name, const PostgresParameters& parameters) {
  const BinaryValues bound(parameters);
  note_send(PQsendQueryPrepared(connection_.get(), name, bound.count(), bound.pointers.data(),
                                bound.lengths.data(), bound.formats.data(), kTextResult));
}

void PostgresConnection::send_text(const char* sql, const PostgresParameters& parameters) {
  const BinaryValues bound(parameters);
  note_send(PQsendQueryParams(connection_.get(), sql, bound.count(), nullptr, bound.pointers.data(),
                              bound.lengths.data(), bound.formats.data(), kTextResult));
}

Result<std::vector<PostgresResult>> PostgresConnection::receive() {
  const auto deadline = steady_clock::now() + limits::kDatabaseResponseTimeout;
  const auto expected = std::exchange(pending_, 0);
  if (lost_ || PQpipelineSync(connection_.get()) != 1) return lost("the connection broke");
  if (auto flushed = flush(deadline); !flushed) return flushed.error();

  std::vector<PostgresResult> results;
  std::optional<Error> failed;
  // Each statement gives one result and an end; the synchronisation point gives one more result.
  for (std::size_t i = 0; i <= expected; ++i) {
    auto result = next_result(deadline);
    if (!result) return result.error();
    const auto status = PQresultStatus(result->get());
    if (status == PGRES_PIPELINE_SYNC && i == expected) break;
    if (result->get() == nullptr || i == expected) return lost("an answer out of order");
    if (status == PGRES_FATAL_ERROR && !failed) failed = error_of(result->get());
    results.push_back(*std::move(result));
    auto end = next_result(deadline);
    if (!end) return end.error();
    if (end->get() != nullptr) return lost("an answer out of order");
  }
  if (failed) return *failed;
  return results;
}

Result<PostgresResult> PostgresConnection::next_result(Deadline deadline) {
  while (PQisBusy(connection_.get()) == 1) {
    if (auto waited = wait_for(POLLIN, deadline); !waited) return waited.error();
    if (PQconsumeInput(connection_.get()) != 1) return lost("the server hung up");
  }
  PostgresResult result(PQgetResult(connection_.get()));
  // The server says why before it hangs up; after that there is nothing more to wait for.
  if (PQstatus(connection_.get()) != CONNECTION_OK) return lost("the server hung up");
  return result;
}

Status PostgresConnection::flush(Deadline deadline) {
  for (;;) {
    const int left = PQflush(connection_.get());
    if (left == 0) return {};
    if (left < 0) return lost("the server hung up");
    // The server may have to get rid of answers before it reads on.
    if (auto waited = wait_for(POLLIN | POLLOUT, deadline); !waited) return waited;
    if (PQconsumeInput(connection_.get()) != 1) return lost("the server hung up");
  }
}

Status PostgresConnection::wait_for(short events, Deadline deadline) {
  pollfd socket{PQsocket(connection_.get()), events, 0};
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    const int ready = poll(&socket, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return {};
    if (ready == 0) return lost("no answer in time");
    if (errno != EINTR) return lost("the socket broke");
  }
}

bool PostgresConnection::is_open() {
  pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
  // Unrequested input is a notice, a changed setting, or the server's last error before it closes.
  while (!lost_ && socket.fd >= 0 && poll(&socket, 1, 0) > 0) {
    if (PQconsumeInput(connection_.get()) != 1) lost_ = true;
    PQisBusy(connection_.get());
    if (PQstatus(connection_.get()) != CONNECTION_OK) lost_ = true;
    socket.fd = PQsocket(connection_.get());
  }
  return !lost_ && socket.fd >= 0;
}

Error PostgresConnection::lost(std::string_view why) {
  lost_ = true;
  return unavailable(std::string(why));
}

}  // namespace postern
