#include "store_sql/database_probe.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "base/config_limits.hpp"
#include "store_sql/database_url.hpp"
#include "store_sql/postgres_connection.hpp"

namespace postern {
namespace {

using std::chrono::steady_clock;

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

/// Goes on connecting until it is done or the time is over.
void connect(PGconn* connection, steady_clock::time_point deadline) {
  for (auto state = PGRES_POLLING_WRITING;
       state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED;) {
    pollfd socket{PQsocket(connection),
                  static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (socket.fd < 0 || left <= 0 || poll(&socket, 1, static_cast<int>(left)) <= 0) return;
    state = PQconnectPoll(connection);
  }
}

/// libpq's words on a failed connection with the server's SQLSTATE in them, which only a verbose
/// connection keeps, and only one that is opened in steps can be made verbose in time.
std::string verbose_failure(const std::string& url) {
  const char* names[] = {"dbname", nullptr};
  const char* values[] = {url.c_str(), nullptr};
  const std::unique_ptr<PGconn, Finish> connection(PQconnectStartParams(names, values, 1));
  if (!connection || PQstatus(connection.get()) == CONNECTION_BAD) return {};
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  connect(connection.get(), steady_clock::now() + limits::kDatabaseRefusalTimeout);
  const char* message = PQerrorMessage(connection.get());
  return message == nullptr ? std::string() : std::string(message);
}

/// Class 28: authentication and pg_hba.conf; 3D000: no such database; 42501: may not connect.
bool is_refusal(std::string_view message) {
  const auto has = [&](std::string_view words) { return message.find(words) != message.npos; };
  constexpr std::size_t kStateSize = 5;
  for (std::size_t at = message.find(":  "); at != message.npos; at = message.find(":  ", at + 3)) {
    const auto state = message.substr(at + 3, kStateSize);
    const bool ends =
        message.substr(std::min(at + 3 + kStateSize, message.size())).starts_with(": ");
    if (ends && (state.starts_with("28") || state == "3D000" || state == "42501")) return true;
  }
  // PgBouncer has one SQLSTATE for everything.
  return has("no such database") || has("no such user");
}

}  // namespace

DatabaseProbe probe_database(const std::string& database_url) {
  const auto url = parse_database_url(database_url);
  if (!url) return {.state = DatabaseProbe::State::kRefused, .detail = url.error().cause};
  if (url->kind == DatabaseUrl::Kind::kSqlite) return {};
  auto opened = PostgresConnection::open(url->location);
  if (opened) {
    const auto pooled = opened->is_pooled();
    return {.pooled = pooled && *pooled};
  }
  const bool refused =
      opened.error().code == "invalid_database_url" || is_refusal(verbose_failure(url->location));
  return {.state = refused ? DatabaseProbe::State::kRefused : DatabaseProbe::State::kAway,
          .detail = opened.error().cause};
}

}  // namespace postern
