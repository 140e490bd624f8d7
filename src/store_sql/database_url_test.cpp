#include "store_sql/database_url.hpp"

#include <gtest/gtest.h>

#include "store_sql/migrate.hpp"
#include "store_sql/open_store.hpp"
#include "store_sql/postgres_url.hpp"

namespace postern {
namespace {

TEST(DatabaseUrl, names_a_file_or_a_server) {
  struct Case {
    std::string url;
    DatabaseUrl::Kind kind;
    std::string location;
  };
  const auto sqlite = DatabaseUrl::Kind::kSqlite;
  const auto postgres = DatabaseUrl::Kind::kPostgres;
  for (const auto& expected : std::vector<Case>{
           {"sqlite:///var/lib/postern.db", sqlite, "/var/lib/postern.db"},
           {"sqlite:/var/lib/postern.db", sqlite, "/var/lib/postern.db"},
           {"sqlite:data/postern.db", sqlite, "./data/postern.db"},
           {"sqlite:./data/postern.db", sqlite, "././data/postern.db"},
           {"sqlite::memory:", sqlite, "./:memory:"},
           {"postgresql://u:p@a:1,b:2/db?sslmode=verify-full", postgres,
            "postgresql://u:p@a:1,b:2/db?sslmode=verify-full"},
           {"postgres:///db", postgres, "postgres:///db"},
       }) {
    const auto url = parse_database_url(expected.url);
    ASSERT_TRUE(url) << expected.url;
    EXPECT_EQ(url->kind, expected.kind) << expected.url;
    EXPECT_EQ(url->location, expected.location);
  }
}

TEST(DatabaseUrl, what_names_neither_is_refused_without_being_quoted) {
  for (const std::string& url :
       {std::string(), std::string("mysql://root:secret@host/db"), std::string("sqlite:"),
        std::string("sqlite://"), std::string("sqlite:///"), std::string("sqlite:data/"),
        std::string("sqlite://host/secret.db"), std::string("SQLITE:secret"),
        std::string("sqlite:secret.db?mode=memory"), std::string("sqlite:file:secret.db"),
        std::string("sqlite:a\0b", 10), std::string("/secret/file")}) {
    for (const auto& error :
         {parse_database_url(url).error(), open_store(url).error(), migrate(url).error()}) {
      EXPECT_EQ(error.code, "invalid_database_url") << url;
      EXPECT_EQ(error.retry, Retry::kNever);
      EXPECT_EQ(error.cause.find("secret"), std::string::npos) << error.cause;
    }
  }
}

TEST(PostgresUrl, H5_a_badly_written_password_is_refused_and_not_shown) {
  for (const std::string url : {
           "postgresql://user:se/cret@host/db",
           "postgresql://user:1/secret@host/db",
           "postgresql://user:se@cret@host/db",
           "postgresql://user:secret%zz@host/db",
           "postgresql://user:secret@host:port/db",
           "postgresql://user:secret@[host/db",
           "postgresql://user@host/db?password=secret&nonsense=1",
           "postgresql://user:secret@host/db?=",
       }) {
    const auto status = check_postgres_url(url);
    ASSERT_FALSE(status) << url;
    EXPECT_EQ(status.error().code, "invalid_database_url");
    EXPECT_EQ(status.error().cause.find("cret"), std::string::npos) << status.error().cause;
    EXPECT_EQ(open_store(url).error().code, "invalid_database_url");
  }
}

TEST(PostgresUrl, H5_the_password_is_cut_out_of_messages) {
  const std::string url = "postgresql://user:p%40ss@host/db";
  EXPECT_EQ(connection_failure("no p@ss for user, p@ss\n", url), "no *** for user, ***");
  EXPECT_EQ(connection_failure("plain\n", "postgresql://user@host/db"), "plain");
  EXPECT_EQ(connection_failure("a*a", "postgresql://u:*@host/db"), "a***a");
}

TEST(PostgresUrl, words_over_several_lines_become_one) {
  const std::string url = "postgresql://postgres@127.0.0.1:5000/postern";
  EXPECT_EQ(connection_failure("FATAL:  the database system is not yet accepting connections\n"
                               "DETAIL:  Consistent recovery state has not been yet reached.\n",
                               url),
            "FATAL:  the database system is not yet accepting connections "
            "DETAIL:  Consistent recovery state has not been yet reached.");
  EXPECT_EQ(connection_failure("server closed the connection unexpectedly\n"
                               "\tThis probably means the server terminated abnormally\n"
                               "\tbefore or while processing the request.\n",
                               url),
            "server closed the connection unexpectedly  This probably means the server terminated "
            "abnormally  before or while processing the request.");
  EXPECT_EQ(connection_failure("\n\none\r\ntwo\n", url), "one  two");
  EXPECT_EQ(connection_failure("", url), "");
}

}  // namespace
}  // namespace postern
