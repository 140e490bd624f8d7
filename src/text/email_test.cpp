#include "text/email.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "text/ascii.hpp"

namespace postern {
namespace {

struct CorpusRow {
  int line = 0;
  bool is_good = false;
  std::string address;
  /// The canonical form of a good address, the broken rule of a bad one.
  std::string expected;
};

std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      plain.push_back(text[at]);
    } else if (text.at(++at) == 'x') {
      plain.push_back(static_cast<char>(ascii::hex_value(text.at(at + 1)) * 16 +
                                        ascii::hex_value(text.at(at + 2))));
      at += 2;
    } else {
      plain.push_back(text[at]);
    }
  }
  return plain;
}

std::vector<CorpusRow> read_corpus() {
  std::ifstream file(POSTERN_SOURCE_DIR "/tests/corpus/email.tsv");
  std::vector<CorpusRow> rows;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> columns(1);
    for (const char c : line) {
      if (c == '\t') {
        columns.emplace_back();
      } else {
        columns.back().push_back(c);
      }
    }
    EXPECT_EQ(columns.size(), 4U) << "line " << number;
    columns.resize(4);
    EXPECT_TRUE(columns[0] == "good" || columns[0] == "bad") << "line " << number;
    rows.push_back({number, columns[0] == "good", unescape(columns[1]), unescape(columns[2])});
  }
  return rows;
}

std::string outcome(const Result<EmailAddress>& result) {
  return result ? "good " + result->address : "bad " + result.error().cause;
}

TEST(ParseEmail, M3_corpus_of_good_and_bad_addresses) {
  std::set<std::string> seen;
  for (const CorpusRow& row : read_corpus()) {
    const Result<EmailAddress> result = parse_email(row.address);
    EXPECT_EQ(outcome(result), (row.is_good ? "good " : "bad ") + row.expected)
        << "line " << row.line;
    EXPECT_TRUE(seen.insert(row.address).second) << "line " << row.line << " is there twice";
    if (!result) {
      EXPECT_EQ(result.error().code, "invalid_email");
      EXPECT_EQ(result.error().retry, Retry::kNever);
    }
  }
  EXPECT_GE(seen.size(), 300U);
}

// The stored form is parsed again when a job is read: it must come out as it went in.
TEST(ParseEmail, M4_canonical_form_is_stable) {
  for (const CorpusRow& row : read_corpus()) {
    const Result<EmailAddress> first = parse_email(row.address);
    if (!first) continue;
    const Result<EmailAddress> again = parse_email(first->address);
    ASSERT_TRUE(again) << "line " << row.line;
    EXPECT_EQ(again->address, first->address);
    EXPECT_EQ(again->key, first->key);
    const Result<EmailAddress> by_key = parse_email(first->key);
    ASSERT_TRUE(by_key) << "line " << row.line;
    EXPECT_EQ(by_key->address, first->key);
    EXPECT_EQ(by_key->key, first->key);
  }
}

TEST(ParseEmail, M2_lists_are_refused) {
  for (const char* text : {"a@example.com,b@example.com", "a@example.com b@example.com",
                           "a@example.com;b@example.com", "[\"a@example.com\"]"}) {
    EXPECT_FALSE(parse_email(text)) << text;
  }
}

TEST(ParseEmail, M4_key_is_lower_case_and_address_keeps_the_local_part) {
  const Result<EmailAddress> result = parse_email("Mixed.Case+Tag@EXAMPLE.Com");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->address, "Mixed.Case+Tag@example.com");
  EXPECT_EQ(result->key, "mixed.case+tag@example.com");
}

TEST(ParseEmail, M4_unicode_and_a_label_forms_of_a_domain_are_one_key) {
  const std::string expected = "user@xn--bcher-kva.example";
  for (const char* text : {"user@b\u00FCcher.example", "USER@B\u00DCCHER.example",
                           "user@bu\u0308cher.example", "user@XN--bcher-KVA.example"}) {
    const Result<EmailAddress> result = parse_email(text);
    ASSERT_TRUE(result) << text;
    EXPECT_EQ(result->key, expected) << text;
  }
}

// Turkish and other locales must not change what case means.
TEST(ParseEmail, M4_only_ascii_is_folded) {
  const Result<EmailAddress> result = parse_email("TITLE.KISS@EXAMPLE.COM");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->key, "title.kiss@example.com");
  for (const char* text : {"t\u0131tle@example.com", "\u212Aiss@example.com",
                           "ki\u017F\u017F@example.com", "T\u0130TLE@example.com"}) {
    EXPECT_FALSE(parse_email(text)) << text;
  }
}

TEST(ParseEmail, M5_addresses_that_need_smtputf8_are_refused) {
  const Result<EmailAddress> result = parse_email("\u043F\u043E\u0447\u0442\u0430@example.com");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "invalid_email");
}

TEST(ParseEmail, M6_plus_tags_are_their_own_address) {
  const Result<EmailAddress> plain = parse_email("user@example.com");
  const Result<EmailAddress> one = parse_email("user+one@example.com");
  const Result<EmailAddress> two = parse_email("user+two@example.com");
  ASSERT_TRUE(plain && one && two);
  EXPECT_EQ(one->address, "user+one@example.com");
  EXPECT_EQ((std::set<std::string>{plain->key, one->key, two->key}.size()), 3U);
}

TEST(ParseEmail, H5_errors_do_not_quote_the_address) {
  for (const CorpusRow& row : read_corpus()) {
    if (row.is_good || row.address.size() < 8) continue;
    const Result<EmailAddress> result = parse_email(row.address);
    if (result) continue;
    EXPECT_EQ(result.error().cause.find(row.address), std::string::npos) << "line " << row.line;
  }
}

TEST(MaskEmail, H5_keeps_one_email_and_the_domain) {
  EXPECT_EQ(mask_email("alice@example.com"), "a***@example.com");
  EXPECT_EQ(mask_email("a@example.com"), "a***@example.com");
  EXPECT_EQ(mask_email("a@b@example.com"), "a***@example.com");
  EXPECT_EQ(mask_email("\u00FCser@example.com"), "***@example.com");
  EXPECT_EQ(mask_email("@example.com"), "***@example.com");
  EXPECT_EQ(mask_email("no address"), "***");
  EXPECT_EQ(mask_email(""), "***");
}

}  // namespace
}  // namespace postern
