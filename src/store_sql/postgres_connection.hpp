// One libpq connection: connecting, statements in a pipeline, every wait with a deadline, and
// errors as values.
//
// Thread contract: belongs to one thread.
// Knows no tables, and does not reconnect: its owner opens a new one. TLS is libpq's own, by the
// URL's sslmode and sslrootcert.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store_sql/postgres_parameters.hpp"

namespace postern {

class PostgresResult {
 public:
  explicit PostgresResult(PGresult* result) : result_(result) {}

  int rows() const { return PQntuples(result_.get()); }
  std::string_view text(int row, int column) const {
    const auto size = static_cast<std::size_t>(PQgetlength(result_.get(), row, column));
    return {PQgetvalue(result_.get(), row, column), size};
  }
  std::int64_t integer(int row, int column) const;
  /// How many rows the statement changed.
  std::int64_t affected() const;
  /// The command's name and counts: "COMMIT".
  std::string_view tag() const { return PQcmdStatus(result_.get()); }
  PGresult* get() const { return result_.get(); }

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

/// One row of a result, as row_codec.hpp wants it.
struct RowView {
  const PostgresResult& result;
  int row;
  std::string_view text(int column) const { return result.text(row, column); }
  std::int64_t integer(int column) const { return result.integer(row, column); }
};

class PostgresConnection {
 public:
  /// Tries the URL's hosts in turn, and takes one that accepts writes. The error never holds the
  /// password.
  static Result<PostgresConnection> open(const std::string& url);

  /// One or several statements without parameters, at once. Not after start_pipeline(). The wait
  /// ends with the server's own time-outs.
  Result<PostgresResult> execute(const std::string& sql);
  /// One statement with parameters, likewise.
  Result<PostgresResult> execute(const std::string& sql, const PostgresParameters& parameters);

  /// Whether a connection pooler stands between us and the server: it gives its clients other
  /// process ids than the server's own. Not after start_pipeline().
  Result<bool> is_pooled();

  /// From here on send and receive.
  Status start_pipeline();
  void send_prepare(const char* name, const char* sql);
  void send(const char* name, const PostgresParameters& parameters);
  /// A statement that was not prepared.
  void send_text(const char* sql, const PostgresParameters& parameters);
  /// Results of all that was sent since the last call, in order; or the first error.
  Result<std::vector<PostgresResult>> receive();

  /// False when the server is known to have hung up; asks the socket, not the server.
  bool is_open();

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  explicit PostgresConnection(PGconn* connection) : connection_(connection) {}
  Result<PostgresResult> checked(PostgresResult result);
  Status flush(Deadline deadline);
  /// The next result, or none at the end of a statement's results.
  Result<PostgresResult> next_result(Deadline deadline);
  Status wait_for(short events, Deadline deadline);
  Error lost(std::string_view why);
  void note_send(int sent);

  std::unique_ptr<PGconn, Finish> connection_;
  std::size_t pending_ = 0;
  bool lost_ = false;
};

/// The store's error for a failed statement. Names the SQLSTATE, table and constraint; the server's
/// own words only where they cannot quote values.
Error error_of(const PGresult* result);

}  // namespace postern
